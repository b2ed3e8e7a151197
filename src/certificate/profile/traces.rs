//! The TRACES profile: the forms of the European Union.
//!
//! Dates are typed (`udt:DateTime`), the signatories of a form's parts are told
//! apart by their `TypeCode`, and a note may say what it is about by `SubjectCode`
//! instead of a tag. Northern Ireland (`XI`) and Kosovo (`XK`) are countries.

use super::super::catalogue::Code;
use super::super::element::{Shape, Type};
use super::super::finding::{Finding, Level};
use super::super::leaf::{Leaf, Spelling};
use super::super::table;
use super::super::tree::Node;
use super::walk::Walk;
use super::writing::is_moment;

pub(super) fn node(walk: &mut Walk<'_, '_>, node: &Node) {
    if !node.of().is(&table::AUTHENTICATION) || node.text("TypeCode").is_some() {
        return;
    }
    let Some(step) = walk.here() else { return };
    let several = step.parent.nodes("SignatorySPSAuthentication").count() > 1;
    if several && step.element.name == "SignatorySPSAuthentication" {
        let words = "one of several signatories has no TypeCode, so nobody knows what was signed";
        let remedy = "write typeCode, a code of list 9417, as 1 for clearance";
        walk.tell(Finding::new(Code::ProfileSignatory, "", words, remedy));
    }
}

pub(super) fn leaf(walk: &mut Walk<'_, '_>, of: &'static Type, shape: Shape, leaf: &Leaf) {
    if shape != Shape::DateTime || leaf.text.is_empty() || walk.plain_date(of, shape, leaf) {
        return;
    }
    if walk.spelling(of, leaf) == Spelling::Other {
        return;
    }
    let who = walk.terms.who;
    let (words, remedy) = if is_moment(&leaf.text) {
        (format!("{who}'s forms have moments as udt:DateTime"), "write it as udt:DateTime")
    } else {
        (
            format!("{who}'s forms have moments, and this date goes as udt:DateTimeString"),
            "write a time with its zone, as 2026-11-20T10:15:00+01:00, where one is known",
        )
    };
    let finding = Finding::new(Code::ProfileDate, "", words, remedy);
    walk.tell(finding.at_level(Level::Warning));
}
