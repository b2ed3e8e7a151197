//! Reading and writing certificates, against a bare pass of the tokenizer.

use std::hint::black_box;

use sha2::{Digest, Sha256};

use super::ratio::in_turns;
use super::{Args, Stage, USUAL};
use crate::certificate::{Certificate, Item, Leaf, Node, table};
use crate::sps::{self, SpsOctets, WriteOptions};
use crate::submission;

/// Reading and writing may cost three bare passes.
const LIMIT: f64 = 3.0;
/// What a large attachment is, in octets of base64.
const LARGE: usize = 10 * 1024 * 1024;

/// The gate alone, reading with all checks, and writing, over a usual
/// certificate, one of many trade lines, and one with a large attachment.
pub fn stages(args: &Args) -> Vec<Stage> {
    let Ok(usual) = submission::from_json(USUAL) else { return Vec::new() };
    let many = with_lines(&usual, 500);
    let large = with_attachment(&usual, LARGE);
    let few = (args.rounds / 10).max(3);
    [("usual", usual, args.rounds), ("500 lines", many, few), ("10 MiB attachment", large, few)]
        .into_iter()
        .flat_map(|(name, certificate, rounds)| document(name, &certificate, rounds, &args.only))
        .collect()
}

fn document(name: &str, certificate: &Certificate, rounds: u32, only: &str) -> Vec<Stage> {
    let options = WriteOptions::default();
    let written = sps::write(certificate, &options);
    let octets = SpsOctets::domestic(written.as_bytes());
    let text = String::from_utf8_lossy(octets.as_bytes()).into_owned();
    let bare = || {
        black_box(sps::bare_pass(&text));
    };
    let mut stages = Vec::new();
    let mut stage = |what: &str, limit, work: &mut dyn FnMut()| {
        let name = format!("{what}, {name}");
        if name.contains(only) {
            let measured = in_turns(rounds, bare, work);
            stages.push(Stage {
                name,
                octets: octets.as_bytes().len(),
                measured,
                limit: Some(limit),
            });
        }
    };
    stage("gate", 1.0, &mut || {
        black_box(sps::gate(&octets)).unwrap_or_default();
    });
    stage("read with checks", LIMIT, &mut || {
        black_box(sps::read(&octets));
    });
    stage("write", LIMIT, &mut || {
        black_box(sps::write(certificate, &options));
    });
    stages.extend(submitted(name, certificate, rounds, only));
    stages
}

/// The same as a submission: reading the JSON against a pass of its tokenizer,
/// and the content digest against SHA-256 of the same octets.
fn submitted(name: &str, certificate: &Certificate, rounds: u32, only: &str) -> Vec<Stage> {
    let json = submission::to_json(certificate).to_string().into_bytes();
    let mut stages = Vec::new();
    let mut stage = |what: &str, bare: &dyn Fn(), work: &dyn Fn()| {
        let name = format!("{what}, {name}");
        if name.contains(only) {
            let measured = in_turns(rounds, bare, work);
            stages.push(Stage { name, octets: json.len(), measured, limit: None });
        }
    };
    stage(
        "read JSON with checks",
        &|| drop(black_box(serde_json::from_slice::<serde_json::Value>(&json))),
        &|| drop(black_box(submission::from_json(&json))),
    );
    let digest = || {
        black_box(Sha256::digest(&json));
    };
    stage("content digest", &digest, &|| {
        black_box(certificate.content_digest());
    });
    stages
}

/// The same certificate with its last trade line again and again.
pub fn with_lines(certificate: &Certificate, count: usize) -> Certificate {
    let Some(line) = certificate.trade_lines().last().cloned() else { return certificate.clone() };
    changed(certificate, &["SPSConsignment", "IncludedSPSConsignmentItem"], |item| {
        for _ in 0..count {
            item.push("IncludedSPSTradeLineItem", Item::Node(line.clone()));
        }
    })
}

/// The same certificate with an attachment of `size` octets of base64.
fn with_attachment(certificate: &Certificate, size: usize) -> Certificate {
    changed(certificate, &["SPSExchangedDocument"], |document| {
        let mut attached = Node::new(&table::REFERENCED_DOCUMENT)
            .with("RelationshipTypeCode", "ZZZ")
            .with("ID", "SCAN-1");
        let mut scan = Leaf::new("JVBERi0x".repeat(size / 8));
        scan.set("mimeCode", "application/pdf");
        scan.set("filename", "scan.pdf");
        attached.push("AttachmentBinaryObject", Item::Leaf(scan));
        document.push("ReferenceSPSReferencedDocument", Item::Node(attached));
    })
}

/// A copy in which `change` has been made to the first node along `way`.
fn changed(certificate: &Certificate, way: &[&str], change: impl FnOnce(&mut Node)) -> Certificate {
    let mut root = certificate.root().clone();
    let node = way.iter().try_fold(&mut root, |node, name| node.node_mut(name));
    if let Some(node) = node {
        change(node);
    }
    Certificate::new(root)
}
