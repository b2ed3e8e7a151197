//! Weights, volumes, packages and periods: amounts that cannot be.

use super::super::catalogue::Code;
use super::super::codes::List;
use super::super::element::{Element, Kind, Shape};
use super::super::finding::Finding;
use super::super::leaf::Leaf;
use super::super::table;
use super::super::tree::{Item, Node};
use super::super::value::{Form, number};
use super::way::{Lacks, Way, children};
use super::whole::Judge;
use super::{shown, units};
use crate::clock::Timestamp;

/// The measures of a trade line.
pub(super) fn weights(judge: &mut Judge<'_>, line: &Node, way: &Way<'_>) {
    let mut nets = [None; 2];
    for (element, index, item) in children(line) {
        let (Kind::Leaf(Shape::Measure, _), Item::Leaf(leaf)) = (&element.kind, item) else {
            continue;
        };
        amount(judge, element, leaf, &way.to(element, index));
        match element.name {
            "NetWeightMeasure" => nets[0] = Some((element, index, leaf)),
            "NetVolumeMeasure" => nets[1] = Some((element, index, leaf)),
            "GrossWeightMeasure" => over(judge, nets[0], leaf, "weight", way),
            "GrossVolumeMeasure" => over(judge, nets[1], leaf, "volume", way),
            _ => {}
        }
    }
}

/// A net amount that is more than the gross one.
fn over(
    judge: &mut Judge<'_>,
    net: Option<(&'static Element, usize, &Leaf)>,
    gross: &Leaf,
    what: &str,
    way: &Way<'_>,
) {
    let Some((element, index, net)) = net else { return };
    let (Some(small), Some(large)) = (measured(net), measured(gross)) else { return };
    // A gross amount of nothing was not measured.
    if small.0 == large.0 && small.1 > large.1 && large.1 > 0.0 {
        let unit = |leaf: &Leaf| leaf.attribute("unitCode").unwrap_or_default().to_owned();
        let words = format!(
            "the net {what} {} {} is more than the gross {what} {} {}",
            net.text,
            unit(net),
            gross.text,
            unit(gross)
        );
        let remedy = "look which of the two is meant, and their units";
        judge.tell(&way.to(element, index), Code::MeasureNetOverGross, words, remedy);
    }
}

/// A measure as a number of its kind's first unit; absent if that cannot be told.
fn measured(leaf: &Leaf) -> Option<(units::Kind, f64)> {
    let (kind, factor) = units::amount(leaf.attribute("unitCode")?)?;
    let amount: f64 = leaf.text.parse().ok()?;
    Some((kind, amount * factor))
}

/// An amount that is less than nothing, or nothing.
fn amount(judge: &mut Judge<'_>, element: &Element, leaf: &Leaf, way: &Way<'_>) {
    // The first octet tells of most that they are neither.
    if !matches!(leaf.text.as_bytes().first(), Some(b'-' | b'0')) {
        return;
    }
    if !matches!(number(&leaf.text), Form::Good | Form::Loose(_)) {
        return;
    }
    let is_nothing = !leaf.text.bytes().any(|octet| matches!(octet, b'1'..=b'9'));
    if is_nothing {
        let words = format!("{} is zero", element.name);
        judge.tell(way, Code::MeasureZero, words, "leave it out if it was not measured");
    } else if leaf.text.starts_with('-') {
        let words = format!("{} is {}, less than nothing", element.name, shown(&leaf.text));
        let finding = Finding::new(Code::MeasureNegative, "", words, "write the amount");
        judge.push(way, Lacks::Nothing, finding.at_level(judge.level()));
    }
}

/// A package: how many there are, and what they weigh.
pub(super) fn package(judge: &mut Judge<'_>, package: &Node, way: &Way<'_>) {
    // Goods in bulk and unpacked ones (Rec 21: V…, N…) are no number, and what an
    // unknown package is nobody knows.
    let counted = package
        .text("TypeCode")
        .is_some_and(|code| !code.starts_with(['N', 'V']) && List::Package.name(code).is_some());
    for (element, index, item) in children(package) {
        let Item::Leaf(leaf) = item else { continue };
        match &element.kind {
            Kind::Leaf(Shape::Measure, _) => {
                amount(judge, element, leaf, &way.to(element, index));
            }
            Kind::Leaf(Shape::Quantity, _) if counted => {
                let way = way.to(element, index);
                amount(judge, element, leaf, &way);
                let fraction = leaf.text.split_once('.').map_or("", |(_, behind)| behind);
                if fraction.bytes().any(|octet| matches!(octet, b'1'..=b'9'))
                    && number(&leaf.text) == Form::Good
                {
                    let words = format!("{} is no whole number of packages", shown(&leaf.text));
                    let remedy = "write how many there are; weights have elements of their own";
                    judge.tell(&way, Code::PackageFraction, words, remedy);
                }
            }
            Kind::Leaf(..) | Kind::Node(_) => {}
        }
    }
}

/// A range whose least is more than its most.
pub(super) fn range(judge: &mut Judge<'_>, node: &Node, way: &Way<'_>) {
    let Some(most) = node.leaf("MaximumValueMeasure") else { return };
    let Some(least) = node.leaf("MinimumValueMeasure") else { return };
    let number = |leaf: &Leaf| leaf.text.parse::<f64>().ok();
    let (Some(low), Some(high)) = (number(least), number(most)) else { return };
    if low > high
        && least.attribute("unitCode") == most.attribute("unitCode")
        && let Some((_, element)) = node.of().element("MinimumValueMeasure")
    {
        let words = format!("the minimum {} is more than the maximum {}", least.text, most.text);
        let remedy = "look which of the two is meant";
        judge.tell(&way.to(element, 0), Code::MeasureRange, words, remedy);
    }
}

/// The temperatures that a container is set to.
pub(super) fn equipment(judge: &mut Judge<'_>, equipment: &Node, way: &Way<'_>) {
    for (element, index, item) in children(equipment) {
        if let Item::Node(temperature) = item
            && temperature.of().is(&table::TEMPERATURE)
        {
            range(judge, temperature, &way.to(element, index));
        }
    }
}

/// A period that ends before it begins.
pub(super) fn period(judge: &mut Judge<'_>, period: &Node, way: &Way<'_>) {
    for (element, index, item) in children(period) {
        let Item::Leaf(leaf) = item else { continue };
        let way = way.to(element, index);
        if element.name == "DurationMeasure" {
            amount(judge, element, leaf, &way);
        } else if element.name == "EndDateTime"
            && let Some(start) = period.leaf("StartDateTime")
            && is_before(&leaf.text, &start.text)
        {
            let words = format!("it ends on {}, before it begins on {}", leaf.text, start.text);
            judge.tell(&way, Code::PeriodReversed, words, "look which of the two is meant");
        }
    }
}

/// Whether one date or time is before another for certain: of two times the
/// moments count, else the days.
pub(super) fn is_before(one: &str, other: &str) -> bool {
    match (one.parse::<Timestamp>(), other.parse::<Timestamp>()) {
        (Ok(one), Ok(other)) => one < other,
        (Ok(_) | Err(_), Ok(_) | Err(_)) => is_day_before(one, other),
    }
}

/// Whether the day of one is before that of the other, as they are written.
pub(super) fn is_day_before(one: &str, other: &str) -> bool {
    let day = |text: &str| -> Option<[u8; 10]> {
        let octets: [u8; 10] = *text.as_bytes().first_chunk()?;
        let good = octets.iter().enumerate().all(|(at, octet)| match at {
            4 | 7 => *octet == b'-',
            _ => octet.is_ascii_digit(),
        });
        good.then_some(octets)
    };
    matches!((day(one), day(other)), (Some(one), Some(other)) if one < other)
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_before_what() {
        for (one, other, wanted) in [
            ("2026-11-01", "2026-11-02", true),
            ("2026-11-02", "2026-11-02", false),
            ("2026-11-02T23:00:00+01:00", "2026-11-02", false),
            // The day of the one is later, the moment is not.
            ("2026-11-02T00:30:00+10:00", "2026-11-01T23:00:00-05:00", true),
            ("2026-11-01T08:00:00", "2026-11-01T10:00:00", false),
            ("May 1", "2026-11-02", false),
            ("20261101", "2026-11-02", false),
            ("", "2026-11-02", false),
        ] {
            assert_eq!(is_before(one, other), wanted, "{one} {other}");
        }
    }
}
