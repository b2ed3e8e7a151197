//! The plain fields: a name for each ePhyto tag, in the order we write them.
//!
//! A row says where the field stands, which list of the same object its entry
//! goes into, and what a value by itself stands for in that entry. The JSON of
//! a certificate is written and read by it; the canonical form sorts by it.

use super::digest::truth;
use super::element::Type;
use super::leaf::Leaf;
use super::table;
use super::tree::{Item, Node};

//------------ Plain ---------------------------------------------------------

/// One plain field.
#[derive(Debug)]
pub(crate) struct Plain {
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
pub(crate) enum StandsFor {
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
pub(crate) enum Repeats {
    No,
    Yes,
}

macro_rules! plain {
    ($($of:ident $list:ident { $($group:literal $field:ident $tag:ident $stands:ident $repeats:ident,)+ })+) => {
        /// Every plain field, in the order they are written.
        pub(crate) static PLAIN: &[Plain] = &[$($(Plain {
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
    pub(crate) fn find(of: &Type, group: &str, field: &str) -> Option<(usize, &'static Plain)> {
        PLAIN
            .iter()
            .enumerate()
            .find(|(_, plain)| plain.of.is(of) && plain.group == group && plain.field == field)
    }

    /// Whether `name` is a member that holds plain fields of `of`.
    pub(crate) fn is_group(of: &Type, name: &str) -> bool {
        !name.is_empty() && PLAIN.iter().any(|plain| plain.of.is(of) && plain.group == name)
    }

    /// The field that stands for `entry` of the list `list` (an XML name) of
    /// `node`, and its place in the order; absent if none fits.
    ///
    /// Whether a field that stands once is free is the caller's to know.
    pub(crate) fn fitting(
        node: &Node,
        list: &str,
        entry: &Node,
    ) -> Option<(usize, &'static Plain)> {
        let tag = entry.leaf(tag_name(entry.of())?)?;
        if !is_bare(tag) {
            return None;
        }
        // Treatments are told by tags in processes of type ZZZ alone.
        if node.of().is(&table::PROCESS) && node.text("TypeCode") != Some("ZZZ") {
            return None;
        }
        let (order, plain) = PLAIN.iter().enumerate().find(|(_, plain)| {
            plain.of.is(node.of()) && plain.list == list && plain.tag == tag.text
        })?;
        plain.suits(entry).then_some((order, plain))
    }

    /// Whether what is left of `entry` beside its tag is something that the
    /// field can say.
    fn suits(&self, entry: &Node) -> bool {
        match self.stands_for {
            StandsFor::Truth => {
                let mut rest = entry.entries().filter(|(element, _)| element.name != "Subject");
                let said = rest.next().and_then(|(element, item)| match item {
                    Item::Leaf(leaf) if element.name == "Content" => Some(leaf),
                    Item::Leaf(_) | Item::Node(_) => None,
                });
                rest.next().is_none()
                    && entry.extra().is_none()
                    && said.is_some_and(|leaf| is_bare(leaf) && truth(&leaf.text).is_some())
            }
            // The tag twice: that it is the tag could not be told from the rest.
            StandsFor::ClassCode | StandsFor::ClassName => {
                entry.leaves("SystemName").skip(1).all(|name| name.text != self.tag)
            }
            StandsFor::Content | StandsFor::Fact => true,
        }
    }

    /// The names a member of an object of type `of` may have beside its elements.
    pub(crate) fn names(of: &Type, group: &str) -> Vec<&'static str> {
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

/// The element that holds the tag, in an entry of type `of`.
pub(crate) fn tag_name(of: &Type) -> Option<&'static str> {
    if of.is(&table::NOTE) {
        Some("Subject")
    } else if of.is(&table::CLASSIFICATION) {
        Some("SystemName")
    } else if of.is(&table::PROCESS_CHARACTERISTIC) {
        Some("Description")
    } else {
        None
    }
}

fn is_bare(leaf: &Leaf) -> bool {
    leaf.attributes().is_empty() && leaf.extra().is_none()
}
