//! The plain fields: a name for each ePhyto tag, in the order we write them.
//!
//! A row says where the field stands, which list of the same object its entry
//! goes into, and what a value by itself stands for in that entry.

use crate::certificate::element::Type;
use crate::certificate::table;

//------------ Plain ---------------------------------------------------------

/// One plain field.
#[derive(Debug)]
pub(super) struct Plain {
    /// The object the field stands in.
    pub of: &'static Type,
    /// The member of that object that holds it; empty if it holds it itself.
    pub group: &'static str,
    pub field: &'static str,
    pub tag: &'static str,
    /// The list its entries go into, by XML name.
    pub list: &'static str,
    /// What a value by itself is.
    pub stands_for: StandsFor,
    pub repeats: Repeats,
}

/// What a value by itself stands for in its entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum StandsFor {
    /// The `ClassCode` beside the tag.
    ClassCode,
    /// The `ClassName` beside the tag.
    ClassName,
    /// The `Content` beside the tag.
    Content,
    /// The second `Description`, or with a unit the `ValueMeasure`.
    Fact,
    /// The `Content`, which is true or false.
    Truth,
}

/// Whether a field is a list, one entry for each tagged one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Repeats {
    No,
    Yes,
}

macro_rules! plain {
    ($($of:ident $list:ident { $($group:literal $field:ident $tag:ident $stands:ident $repeats:ident,)+ })+) => {
        /// Every plain field, in the order they are written.
        pub(super) static PLAIN: &[Plain] = &[$($(Plain {
            of: &table::$of,
            group: $group,
            field: stringify!($field),
            tag: stringify!($tag),
            list: stringify!($list),
            stands_for: StandsFor::$stands,
            repeats: Repeats::$repeats,
        },)+)+];
    };
}

plain! {
    EXCHANGED_DOCUMENT IncludedSPSNote {
        "" financialLiability SPSFL Content No,
        "" additionalDeclaration ADEDL Content Yes,
        "" importPermit ADIPEDL Content Yes,
        "" inspectionDate ADDIEDL Content Yes,
        "" officialInformation ADAOEDL Content Yes,
        "replacement" statement ADRP Content No,
        "replacement" certificateNumber ADRPN Content No,
        "replacement" reason ADRPR Content No,
        "replacement" issueDateTime ADRD Content No,
        "" distinguishingMarks DMCL Content No,
    }
    TRADE_LINE_ITEM AdditionalInformationSPSNote {
        "" otherPackages OPTND Content No,
        "otherQuantity" value OQV Content No,
        "otherQuantity" unit OQU Content No,
        "" distinguishingMarks DMTLIL Content No,
        "" additionalDeclaration ADTLIL Content Yes,
        "" importPermit ADIPTLIL Content Yes,
        "" inspectionDate ADDITLIL Content Yes,
        "" officialInformation ADAOTLIL Content Yes,
        "reExport" statement RPCST Content No,
        "reExport" originCountry RPCCO Content Yes,
        "reExport" certificateNumber RPCRF Content No,
        "reExport" isOriginal RPCOR Truth No,
        "reExport" isCertifiedCopy RPCTC Truth No,
        "reExport" isPacked RPCPK Truth No,
        "reExport" isRepacked RPCRP Truth No,
        "reExport" inOriginalContainers RPCOC Truth No,
        "reExport" inNewContainers RPCNC Truth No,
        "reExport" basedOnOriginalCertificate RPCPC Truth No,
        "reExport" basedOnAdditionalInspection RPCAI Truth No,
    }
    TRADE_LINE_ITEM ApplicableSPSClassification {
        "" hsCode HS ClassCode No,
        "" plantPart IPPCPCVP ClassName Yes,
        "" condition IPPCPCC ClassName Yes,
    }
    PROCESS ApplicableSPSProcessCharacteristic {
        "" treatmentType TTL1 Fact No,
        "" treatmentMethod TTL2 Fact No,
        "" chemical TTCH Fact Yes,
        "" concentration TTCO Fact No,
        "" temperature TTTM Fact No,
        "" additionalInformation TTAI Fact No,
        "" fullTreatment TTFT Fact No,
    }
}

impl Plain {
    /// The field called `field` of `group` in an object of type `of`, and its
    /// place in the order.
    pub(super) fn find(of: &Type, group: &str, field: &str) -> Option<(usize, &'static Plain)> {
        PLAIN
            .iter()
            .enumerate()
            .find(|(_, plain)| plain.of.is(of) && plain.group == group && plain.field == field)
    }

    /// Whether `name` is a member that holds plain fields of `of`.
    pub(super) fn is_group(of: &Type, name: &str) -> bool {
        !name.is_empty() && PLAIN.iter().any(|plain| plain.of.is(of) && plain.group == name)
    }

    /// The names a member of an object of type `of` may have beside its elements.
    pub(super) fn names(of: &Type, group: &str) -> Vec<&'static str> {
        let here = PLAIN.iter().filter(|plain| plain.of.is(of));
        let mut names: Vec<&str> = here
            .filter_map(|plain| match (plain.group == group, group.is_empty()) {
                (true, _) => Some(plain.field),
                (false, true) => Some(plain.group),
                (false, false) => None,
            })
            .collect();
        names.dedup();
        names
    }
}
