//! The trade lines: what of them stands in the boxes of the form, and what is
//! told of each behind it.

use std::collections::{HashMap, HashSet};

use super::sheet::{Body, Part, Place, Row, Table};
use super::values::{LINE_NOTES, Said, codes, country, joined, location, notes, party, values};
use super::words::Label;
use crate::certificate::codes::List;
use crate::certificate::{Certificate, Node};

//------------ Item ----------------------------------------------------------

/// What the form says of one trade line.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub n: usize,
    pub produce: Vec<Said>,
    pub quantity: Vec<Said>,
    pub botanical: Vec<Said>,
    pub packages: Vec<Said>,
    pub marks: Vec<Said>,
    pub origin: Vec<Said>,
}

impl Item {
    pub fn of((n, line): (usize, &Node)) -> Item {
        let amounts = [
            ("NetWeightMeasure", "net 净重"),
            ("GrossWeightMeasure", "gross 毛重"),
            ("NetVolumeMeasure", "net volume 净体积"),
            ("GrossVolumeMeasure", "gross volume 毛体积"),
        ];
        let mut quantity: Vec<Said> = amounts
            .into_iter()
            .flat_map(|(name, what)| {
                let found = values(line, name).into_iter();
                found.map(move |amount| amount.within("", &format!(", {what}")))
            })
            .collect();
        let other = [notes(line, LINE_NOTES, "OQV"), notes(line, LINE_NOTES, "OQU")].concat();
        quantity.extend(joined(other, " "));
        let mut packages: Vec<Said> =
            line.nodes("PhysicalSPSPackage").filter_map(package).collect();
        packages.extend(notes(line, LINE_NOTES, "OPTND"));
        let shipping = line
            .nodes("PhysicalSPSPackage")
            .flat_map(|package| package.nodes("PhysicalSPSShippingMarks"))
            .flat_map(|marks| values(marks, "Marking"));
        let tagged = ["DMTLIL", "DMCL"].into_iter().flat_map(|tag| notes(line, LINE_NOTES, tag));
        let marks = tagged.chain(shipping).collect();
        let mut origin: Vec<Said> = line.nodes("OriginSPSCountry").flat_map(country).collect();
        origin.extend(line.nodes("OriginSPSLocation").filter_map(location));
        Item {
            n,
            produce: values(line, "Description"),
            quantity,
            botanical: values(line, "ScientificName"),
            packages,
            marks,
            origin,
        }
    }
}

/// The trade lines with their numbers: those that the certificate gives them,
/// where each has one of its own; else their places.
pub(super) fn numbered<'a>(lines: impl Iterator<Item = &'a Node>) -> Vec<(usize, &'a Node)> {
    let lines: Vec<&Node> = lines.collect();
    let given: Option<Vec<usize>> = lines.iter().map(|line| given(line)).collect();
    let differ = |all: &Vec<usize>| all.iter().collect::<HashSet<_>>().len() == all.len();
    let numbers = given.filter(differ).unwrap_or_else(|| (1..=lines.len()).collect());
    numbers.into_iter().zip(lines).collect()
}

fn given(line: &Node) -> Option<usize> {
    let mut all = line.leaves("SequenceNumeric");
    all.next().filter(|_| all.next().is_none())?.text.parse().ok()
}

fn package(package: &Node) -> Option<Said> {
    let mut says = values(package, "ItemQuantity");
    says.extend(codes(package, "TypeCode", List::Package));
    let first = joined(says, " × ");
    let levels = codes(package, "LevelCode", List::PackagingLevel);
    let mut rest: Vec<Said> = levels;
    for (name, what) in [
        ("NominalGrossWeightMeasure", "gross 毛重"),
        ("NominalGrossVolumeMeasure", "gross volume 毛体积"),
    ] {
        let found = values(package, name).into_iter();
        rest.extend(found.map(|amount| amount.within("", &format!(" {what}"))));
    }
    joined(first.into_iter().chain(rest).collect(), ", ")
}

//------------ Boxes ---------------------------------------------------------

/// What the boxes of the form say of all items.
pub(super) struct Boxes {
    pub produce: Vec<Said>,
    pub botanical: Vec<Said>,
    pub packages: Vec<Said>,
    pub marks: Vec<Said>,
    pub origin: Vec<Said>,
}

/// The items in the boxes of the form, numbered where there are several; with
/// more than `most` the boxes say where they are.
pub(super) fn item_boxes(items: &[Item], most: usize) -> Boxes {
    let each = |of: fn(&Item) -> Vec<Said>| -> Vec<Said> {
        match items {
            [one] => of(one),
            few if few.len() <= most => {
                let numbered = few.iter().flat_map(|item| {
                    let first = format!("{}. ", item.n);
                    let lines = of(item).into_iter().enumerate();
                    lines.map(move |(at, said)| {
                        if at == 0 {
                            said.within(&first, "")
                        } else {
                            said.within("\u{a0}\u{a0}\u{a0}", "")
                        }
                    })
                });
                numbered.collect()
            }
            // What no item says is not continued either.
            many if many.iter().all(|item| of(item).is_empty()) => Vec::new(),
            many => {
                let Label { english, chinese, .. } = Label::SEE_ITEMS;
                let which = ranges(&many.iter().map(|item| item.n).collect::<Vec<_>>());
                vec![Said::ours(format!("{english} {which} · {chinese} {which}"))]
            }
        }
    };
    Boxes {
        produce: each(|item| [item.produce.clone(), item.quantity.clone()].concat()),
        botanical: each(|item| item.botanical.clone()),
        packages: each(|item| item.packages.clone()),
        marks: each(|item| item.marks.clone()),
        origin: each(|item| item.origin.clone()),
    }
}

//------------ Particulars ---------------------------------------------------

/// What the model has no box for, and everybody wants to know; of more than
/// `most` items in a table.
pub(super) fn particulars(consignment: &Node, certificate: &Certificate, most: usize) -> Vec<Part> {
    let places = |name: &str| consignment.nodes(name).filter_map(location).collect::<Vec<_>>();
    let containers = consignment.nodes("UtilizedSPSTransportEquipment").filter_map(container);
    let at = |name: &str| {
        let places = consignment.nodes(name).flat_map(|event| event.nodes("OccurrenceSPSLocation"));
        places.filter_map(location).collect::<Vec<_>>()
    };
    let natures = consignment
        .nodes("IncludedSPSConsignmentItem")
        .flat_map(|item| item.nodes("NatureIdentificationSPSCargo"))
        .flat_map(|cargo| codes(cargo, "TypeCode", List::Cargo));
    let lines = vec![
        vec![
            Row::new(Label::EXIT_DATE, values(consignment, "ExportExitDateTime")),
            Row::new(Label::LOADING, places("LoadingBaseportSPSLocation")),
            Row::new(Label::EXAMINED, at("ExaminationSPSEvent")),
        ],
        vec![Row::new(Label::CONTAINERS, containers.collect())],
        [
            (Label::CARRIER, "CarrierSPSParty"),
            (Label::DESPATCH, "DespatchSPSParty"),
            (Label::DELIVERY, "DeliverySPSParty"),
            (Label::AGENT, "CustomsTransitAgentSPSParty"),
        ]
        .map(|(label, name)| Row::new(label, consignment.nodes(name).flat_map(party).collect()))
        .to_vec(),
        vec![
            Row::new(Label::TRANSIT_PLACE, places("TransitSPSLocation")),
            Row::new(Label::RECEIPT, places("ConsigneeReceiptSPSLocation")),
            Row::new(Label::STORAGE, at("StorageSPSEvent")),
        ],
        vec![
            Row::new(Label::CONSIGNMENT_NUMBER, values(consignment, "ID")),
            Row::new(Label::AVAILABLE, values(consignment, "AvailabilityDueDateTime")),
            Row::new(Label::NATURE, natures.collect()),
        ],
    ];
    let mut parts: Vec<Part> =
        Part::boxes(Some(Label::PARTICULARS), Place::Annex, lines).into_iter().collect();
    let all: Vec<(usize, Vec<Row>)> = numbered(certificate.trade_lines())
        .into_iter()
        .map(|(n, line)| (n, particulars_of(line)))
        .collect();
    if all.len() > most {
        parts.extend(in_table(&all));
        return parts;
    }
    for (n, rows) in all {
        let rows: Vec<Row> = rows.into_iter().filter(|row| !row.lines.is_empty()).collect();
        let lines = rows.chunks(3).map(<[Row]>::to_vec).collect();
        let heading = Label::ITEM_PARTICULARS.nth(n);
        parts.extend(Part::boxes(Some(heading), Place::Annex, lines));
    }
    parts
}

fn particulars_of(line: &Node) -> Vec<Row> {
    let containers = line.nodes("AssociatedSPSTransportEquipment").filter_map(container);
    let regions = line
        .nodes("OriginSPSCountry")
        .flat_map(|country| country.nodes("SubordinateSPSCountrySubDivision"));
    let farms = regions
        .flat_map(|region| region.nodes("ActivityAuthorizedSPSParty"))
        .filter_map(|farm| joined(party(farm), ", "));
    let classes = line.nodes("ApplicableSPSClassification").filter_map(class);
    let lots = joined(values(line, "ProductionBatchID"), ", ");
    vec![
        Row::new(Label::COMMON_NAME, values(line, "CommonName")),
        Row::new(Label::USE, values(line, "IntendedUse")),
        Row::new(Label::CLASSES, classes.collect()),
        Row::new(Label::BATCH, lots.into_iter().collect()),
        Row::new(Label::EXPIRY, values(line, "ExpiryDateTime")),
        Row::new(Label::CONTAINERS, containers.collect()),
        Row::new(Label::ESTABLISHMENTS, farms.collect()),
    ]
}

/// Many items in one table, those of which the same is said in one row.
fn in_table(all: &[(usize, Vec<Row>)]) -> Option<Part> {
    let labels: Vec<Label> = all.first()?.1.iter().map(|row| row.label).collect();
    let is_said = |at: usize| {
        all.iter().any(|(_, rows)| rows.get(at).is_some_and(|row| !row.lines.is_empty()))
    };
    let columns: Vec<usize> = (0..labels.len()).filter(|at| is_said(*at)).collect();
    let heads = columns.iter().filter_map(|at| labels.get(*at).copied());
    let heads: Vec<Label> = std::iter::once(Label::ITEM).chain(heads).collect();
    let cells = all.iter().map(|(n, rows)| {
        let cells = columns.iter().filter_map(|at| rows.get(*at)).map(|row| row.lines.clone());
        (*n, cells.collect::<Vec<_>>())
    });
    let rows = alike(cells).into_iter().map(|(items, cells)| {
        std::iter::once(vec![Said::ours(ranges(&items))]).chain(cells).collect()
    });
    let body = Body::Table(Table { heads, rows: rows.collect() });
    let heading = Some(Label::PARTICULARS_OF_ITEMS);
    (!columns.is_empty()).then_some(Part { heading, place: Place::Annex, body })
}

//------------ Alike ---------------------------------------------------------

/// Rows of items, those that read alike in one, with the items they are of.
pub(super) fn alike(
    rows: impl Iterator<Item = (usize, Vec<Vec<Said>>)>,
) -> Vec<(Vec<usize>, Vec<Vec<Said>>)> {
    let mut all: Vec<(Vec<usize>, Vec<Vec<Said>>)> = Vec::new();
    let mut known: HashMap<Vec<Vec<String>>, usize> = HashMap::new();
    for (n, cells) in rows {
        let reads = cells.iter().map(|cell| cell.iter().map(Said::told).collect()).collect();
        let at = known.entry(reads).or_insert(usize::MAX);
        match all.get_mut(*at) {
            // An item that says the same twice is told twice.
            Some((items, same)) if items.last() != Some(&n) => {
                items.push(n);
                let pairs = same.iter_mut().flatten().zip(cells.into_iter().flatten());
                pairs.for_each(|(same, said)| same.of.extend(said.of));
            }
            Some(_) | None => {
                *at = all.len();
                all.push((vec![n], cells));
            }
        }
    }
    all
}

/// What is said item by item, each once, behind the items it is said of.
pub(super) fn by_item(certificate: &Certificate, of: impl Fn(&Node) -> Vec<Said>) -> Vec<Said> {
    let lines = numbered(certificate.trade_lines()).into_iter();
    let all =
        lines.flat_map(|(n, line)| of(line).into_iter().map(move |said| (n, vec![vec![said]])));
    let alike = alike(all).into_iter();
    let told = alike.flat_map(|(items, cells)| {
        let before = format!("{}: ", of_items(&items));
        cells.into_iter().flatten().map(move |said| said.within(&before, ""))
    });
    told.collect()
}

/// The items in words.
pub(super) fn of_items(items: &[usize]) -> String {
    let Label { english, chinese, .. } = Label::ITEM;
    let (plural, which) = (if items.len() > 1 { "s" } else { "" }, ranges(items));
    format!("{english}{plural} {which} {chinese} {which}")
}

/// `1, 3–42`.
fn ranges(items: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for n in items {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *n => *last = *n,
            Some(_) | None => ranges.push((*n, *n)),
        }
    }
    let shown = ranges.into_iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}–{last}"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

//------------ Values --------------------------------------------------------

/// A classification: of which system, and what it says.
fn class(class: &Node) -> Option<Said> {
    let systems = class.leaves("SystemName").filter(|name| !name.text.is_empty());
    let systems = systems.map(|name| match List::Tag.name(&name.text) {
        Some(_) => Said::code(List::Tag, name),
        None => Said::of(name),
    });
    let system = joined(systems.collect(), ", ");
    let says = joined([values(class, "ClassCode"), values(class, "ClassName")].concat(), ", ");
    joined(system.into_iter().chain(says).collect(), ": ")
}

fn container(equipment: &Node) -> Option<Said> {
    let mut says = values(equipment, "ID");
    for seal in equipment.nodes("AffixedSPSSeal") {
        let numbers = [values(seal, "ID"), values(seal, "MaximumID")].concat();
        let seal = joined(numbers, " – ").map(|numbers| numbers.within("seal 封识 ", ""));
        says.extend(seal);
    }
    for setting in equipment.nodes("SettingSPSTemperature") {
        let all = ["ValueMeasure", "MinimumValueMeasure", "MaximumValueMeasure"];
        let measured = all.into_iter().flat_map(|name| values(setting, name)).collect();
        let kind = codes(setting, "TypeCode", List::Temperature);
        says.extend(joined([joined(measured, " – ").into_iter().collect(), kind].concat(), ", "));
    }
    joined(says, "; ")
}
