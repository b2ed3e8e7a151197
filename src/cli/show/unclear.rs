//! What a certificate says twice, or by a name that is none, where whoever
//! reads it has to know one thing.

use crate::certificate::likeness::is_like;
use crate::certificate::{Certificate, Leaf, Node};

/// Of what it is not clear what the certificate says, in both languages.
pub(super) fn unclear(certificate: &Certificate) -> Vec<[&'static str; 2]> {
    let root = certificate.root();
    let documents: Vec<&Node> = root.nodes("SPSExchangedDocument").collect();
    let consignments: Vec<&Node> = root.nodes("SPSConsignment").collect();
    let values = [
        ("ID", ["number", "编号"]),
        ("TypeCode", ["type", "类型"]),
        ("StatusCode", ["status", "状态"]),
    ];
    let countries = [
        ("ExportSPSCountry", ["exporting country", "出口国"]),
        ("ImportSPSCountry", ["importing country", "进口国"]),
    ];
    let values = values.into_iter().filter(|(name, _)| {
        let said = documents.iter().flat_map(|document| document.leaves(name));
        is_several(said) || documents.iter().any(|document| has_like(document, name))
    });
    let countries = countries.into_iter().filter(|(name, _)| {
        let all = || consignments.iter().flat_map(|consignment| consignment.nodes(name));
        is_several(all().flat_map(|country| country.leaves("ID")))
            || all().any(|country| has_like(country, "ID"))
            || consignments.iter().any(|consignment| has_like(consignment, name))
    });
    values.chain(countries).map(|(_, names)| names).collect()
}

/// Whether there are several, or one holds more than its text.
fn is_several<'a>(leaves: impl Iterator<Item = &'a Leaf>) -> bool {
    let leaves: Vec<&Leaf> = leaves.collect();
    let holds_more = |leaf: &&Leaf| leaf.extra().is_some_and(|extra| !extra.unknown.is_empty());
    leaves.len() > 1 || leaves.iter().any(holds_more)
}

/// Whether an element stands in it that the schema does not have, and that
/// somebody may take for `name`.
fn has_like(node: &Node, name: &str) -> bool {
    // As it may be written by whoever goes by the names in JSON.
    let plain = |name: &str| name.replace("SPS", "");
    let is_another = |found: &str| {
        let mut others = node.of().elements.iter().filter(|element| element.name != name);
        others.any(|other| plain(other.name).eq_ignore_ascii_case(&plain(found)))
    };
    let unknown = node.extra().map(|extra| extra.unknown.as_slice()).unwrap_or_default();
    let mut names = unknown.iter().filter_map(|xml| local_name(xml));
    names.any(|found| is_like(&plain(found), &plain(name)) && !is_another(found))
}

/// The name of an element without its prefix; none of stray text.
fn local_name(xml: &str) -> Option<&str> {
    let tag = xml.strip_prefix('<')?;
    let name = tag.split([' ', '>', '/', '\n']).next()?;
    Some(name.split_once(':').map_or(name, |(_, local)| local))
}
