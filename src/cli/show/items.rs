//! The trade lines: what of them stands in the boxes of the form, and what is
//! told of each behind it.

use super::sheet::{Part, Place, Row};
use super::values::{LINE_NOTES, Said, codes, country, joined, location, notes, party, values};
use super::words::Label;
use crate::certificate::codes::List;
use crate::certificate::{Certificate, Node};

//------------ Item ----------------------------------------------------------

/// What the form says of one trade line.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub produce: Vec<Said>,
    pub quantity: Vec<Said>,
    pub botanical: Vec<Said>,
    pub packages: Vec<Said>,
    pub marks: Vec<Said>,
    pub origin: Vec<Said>,
}

impl Item {
    pub fn of(line: &Node) -> Item {
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
        let marks = notes(line, LINE_NOTES, "DMTLIL").into_iter().chain(shipping).collect();
        let mut origin: Vec<Said> = line.nodes("OriginSPSCountry").flat_map(country).collect();
        origin.extend(line.nodes("OriginSPSLocation").filter_map(location));
        Item {
            produce: values(line, "Description"),
            quantity,
            botanical: values(line, "ScientificName"),
            packages,
            marks,
            origin,
        }
    }
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
                let numbered = few.iter().zip(1_usize..).flat_map(|(item, n)| {
                    let first = format!("{n}. ");
                    let lines = of(item).into_iter().enumerate();
                    lines.map(move |(at, said)| {
                        if at == 0 { said.within(&first, "") } else { said.within("   ", "") }
                    })
                });
                numbered.collect()
            }
            many => {
                let Label { english, chinese, .. } = Label::SEE_ITEMS;
                vec![Said::ours(format!("{english} {n} · {chinese} {n}", n = many.len()))]
            }
        }
    };
    Boxes {
        produce: each(|item| [item.produce.clone(), item.quantity.clone()].concat()),
        botanical: each(|item| item.botanical.clone()),
        packages: each(|item| item.packages.clone()),
        marks: if items.len() > most { Vec::new() } else { each(|item| item.marks.clone()) },
        origin: each(|item| item.origin.clone()),
    }
}

//------------ Particulars ---------------------------------------------------

/// What the model has no box for, and everybody wants to know.
pub(super) fn particulars(consignment: &Node, certificate: &Certificate) -> Vec<Part> {
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
    for (line, n) in certificate.trade_lines().zip(1_usize..) {
        let containers = line.nodes("AssociatedSPSTransportEquipment").filter_map(container);
        let regions = line
            .nodes("OriginSPSCountry")
            .flat_map(|country| country.nodes("SubordinateSPSCountrySubDivision"));
        let farms = regions
            .flat_map(|region| region.nodes("ActivityAuthorizedSPSParty"))
            .filter_map(|farm| joined(party(farm), ", "));
        let lines = vec![
            vec![
                Row::new(Label::COMMON_NAME, values(line, "CommonName")),
                Row::new(Label::USE, values(line, "IntendedUse")),
                Row::new(Label::EXPIRY, values(line, "ExpiryDateTime")),
            ],
            vec![
                Row::new(
                    Label::CLASSES,
                    line.nodes("ApplicableSPSClassification").filter_map(class).collect(),
                ),
                Row::new(
                    Label::BATCH,
                    joined(values(line, "ProductionBatchID"), ", ").into_iter().collect(),
                ),
            ],
            vec![
                Row::new(Label::CONTAINERS, containers.collect()),
                Row::new(Label::ESTABLISHMENTS, farms.collect()),
            ],
        ];
        let heading = Label::ITEM_PARTICULARS.nth(n);
        parts.extend(Part::boxes(Some(heading), Place::Annex, lines));
    }
    parts
}

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
