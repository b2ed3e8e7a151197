//! A consignment as a whole: its countries, and the numbers of its lines.

use super::super::catalogue::Code;
use super::super::tree::Node;
use super::way::{Way, nodes};
use super::whole::Judge;

/// Goods that are exported to the country that they come from.
pub(super) fn countries(judge: &mut Judge<'_>, consignment: &Node, way: &Way<'_>) {
    let id = |name: &str| consignment.node(name).and_then(|country| country.text("ID"));
    let (Some(export), Some(import)) = (id("ExportSPSCountry"), id("ImportSPSCountry")) else {
        return;
    };
    if export != import {
        return;
    }
    for (element, index, country) in nodes(consignment, "ImportSPSCountry") {
        let way = way.to(element, index);
        if let Some((_, id)) = country.of().element("ID") {
            let words = format!("{export} is both the exporting and the importing country");
            judge.tell(&way.to(id, 0), Code::CountrySame, words, "look which of the two is meant");
        }
    }
}

/// Two trade lines of one item with the same number.
pub(super) fn sequence(judge: &mut Judge<'_>, item: &Node, way: &Way<'_>) {
    let lines = || nodes(item, "IncludedSPSTradeLineItem");
    if lines().nth(1).is_none() {
        return;
    }
    let mut numbers: Vec<(&str, usize)> = lines()
        .filter_map(|(_, index, line)| Some((line.text("SequenceNumeric")?, index)))
        .collect();
    numbers.sort_unstable();
    let Some([(number, _), (_, again)]) =
        numbers.array_windows().find(|[(one, _), (other, _)]| one == other)
    else {
        return;
    };
    let Some((element, _, line)) = lines().nth(*again) else { return };
    let way = way.to(element, *again);
    if let Some((_, sequence)) = line.of().element("SequenceNumeric") {
        let words = format!("two trade lines have the number {number}");
        let remedy = "give each line a number of its own, so that it can be named";
        judge.tell(&way.to(sequence, 0), Code::TradeLineSequence, words, remedy);
    }
}
