//! Units (UN/ECE Recommendation 20): whether there is one, and of what.

use super::super::catalogue::Code;
use super::super::codes::List;
use super::super::element::{Element, Shape, Type};
use super::super::finding::Finding;
use super::super::leaf::Leaf;
use super::super::table;
use super::listed::unknown_code;
use super::{Strictness, shown};

//------------ Kind ----------------------------------------------------------

/// What is measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Area,
    Duration,
    Length,
    Temperature,
    Volume,
    Weight,
}

use Kind::{Area, Duration, Length, Temperature, Volume, Weight};

/// The units that are met in certificates, each with its kind and what one is
/// of the kind's first. Temperatures have none.
const UNITS: &[(&[u8; 3], Kind, f64)] = &[
    (b"KGM", Weight, 1.0),
    (b"GRM", Weight, 0.001),
    (b"MGM", Weight, 0.000_001),
    (b"TNE", Weight, 1000.0),
    (b"LBR", Weight, 0.453_592_37),
    (b"ONZ", Weight, 0.028_349_523_125),
    (b"DTN", Weight, 100.0),
    (b"MTQ", Volume, 1.0),
    (b"LTR", Volume, 0.001),
    (b"HLT", Volume, 0.1),
    (b"MLT", Volume, 0.000_001),
    (b"CMQ", Volume, 0.000_001),
    (b"MMQ", Volume, 0.000_000_001),
    (b"FTQ", Volume, 0.028_316_846_592),
    (b"MTK", Area, 1.0),
    (b"MTR", Length, 1.0),
    (b"CMT", Length, 0.01),
    (b"A48", Temperature, 0.0),
    (b"CEL", Temperature, 0.0),
    (b"FAH", Temperature, 0.0),
    (b"KEL", Temperature, 0.0),
    (b"HUR", Duration, 3600.0),
    (b"SEC", Duration, 1.0),
    (b"MIN", Duration, 60.0),
    (b"DAY", Duration, 86_400.0),
    (b"WEE", Duration, 604_800.0),
    (b"MON", Duration, 2_629_800.0),
    (b"ANN", Duration, 31_557_600.0),
];

impl Kind {
    /// What `unit` measures, where that is told for certain.
    pub fn of(unit: &str) -> Option<Kind> {
        Some(amount(unit)?.0)
    }

    /// What the measure called `element` in `of` is of.
    fn wanted(of: &Type, element: &Element) -> Option<Kind> {
        match element.name {
            "DurationMeasure" => Some(Duration),
            "GrossVolumeMeasure" | "NetVolumeMeasure" | "NominalGrossVolumeMeasure" => Some(Volume),
            "GrossWeightMeasure" | "NetWeightMeasure" | "NominalGrossWeightMeasure" => Some(Weight),
            _ if of.is(&table::TEMPERATURE) => Some(Temperature),
            _ => None,
        }
    }

    /// The kind in words, and a unit of it.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Area => ("an area", "MTK"),
            Length => ("a length", "MTR"),
            Duration => ("a duration", "DAY"),
            Temperature => ("a temperature", "CEL"),
            Volume => ("a volume", "MTQ"),
            Weight => ("a weight", "KGM"),
        }
    }
}

/// What `unit` measures, and what one is of that kind's first unit.
pub(super) fn amount(unit: &str) -> Option<(Kind, f64)> {
    // Three octets are sooner compared than handed to a routine.
    let unit: &[u8; 3] = unit.as_bytes().try_into().ok()?;
    let (_, kind, factor) = UNITS.iter().find(|(known, _, _)| *known == unit)?;
    Some((*kind, *factor))
}

//------------ Rules ---------------------------------------------------------

/// A unit that is missing, not on the list (received, it may be of a newer
/// edition), or of something else.
pub(super) fn unit(
    of: &Type,
    element: &Element,
    shape: Shape,
    leaf: &Leaf,
    strictness: Strictness,
) -> Option<Finding> {
    if shape != Shape::Measure && shape != Shape::Quantity {
        return None;
    }
    let Some(unit) = leaf.attribute("unitCode") else {
        let is_lost = shape == Shape::Measure && !leaf.text.is_empty();
        let words = "the measure has no unit";
        let remedy = "write unitCode, a code of Rec 20, as KGM";
        return is_lost.then(|| Finding::new(Code::UnitMissing, "", words, remedy));
    };
    let path = "@unitCode";
    // Most are of the few, and need not be looked for in the list.
    let Some(found) = Kind::of(unit) else {
        let is_unknown = List::Unit.name(unit).is_none();
        return is_unknown.then(|| {
            let finding = unknown_code(List::Unit, Code::UnitUnknown, unit);
            Finding { path: path.to_owned(), ..finding }.at_level(strictness.level())
        });
    };
    let wanted = Kind::wanted(of, element).filter(|wanted| *wanted != found)?;
    let ((what, unit_of_it), (other, _)) = (wanted.words(), found.words());
    let words = format!("{} is {what}, and {} a unit of {other}", element.name, shown(unit));
    let remedy = format!("write a unit of {what}, as {unit_of_it}, or the value where it belongs");
    Some(Finding::new(Code::UnitKind, path, words, remedy))
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_on_the_list() {
        for (unit, _, _) in UNITS {
            let unit = std::str::from_utf8(*unit).unwrap();
            assert!(List::Unit.name(unit).is_some(), "{unit}");
        }
    }
}
