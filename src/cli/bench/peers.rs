//! Plain Python programs that do what our stages do, told what to do by pipe.
//!
//! They are in `benches/peers`; the element table that they go by is written
//! down for them here, from our own.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::place::{Ends, Form, PlaceError, THEIRS};
use super::ratio::in_turns;
use super::sealing::Desk;
use super::{Args, USUAL, place};
use crate::certificate::element::{Element, Kind, Shape, attribute_in_json};
use crate::certificate::plain::{PLAIN, Plain, Repeats, StandsFor, tag_name};
use crate::certificate::table::{self, TYPES};
use crate::smime::throwaway::KeyKind;

use super::told::Peer;

/// Opening is to be so many times as fast as the Python reader.
const OPEN_GOAL: f64 = 5.0;
/// Letters in one turn: what the pipe costs is not to be seen.
const EACH: u32 = 5;

/// The stages that Python does as well; `Err`: why it does none.
pub fn stages(args: &Args, folder: &Path) -> Result<Result<Vec<Peer>, String>, PlaceError> {
    let mut peers = Vec::new();
    for (key, kind) in [("RSA-2048", KeyKind::Rsa2048), ("P-256", KeyKind::P256)] {
        let name = |what: &str| format!("{what}, {key}, Python");
        if !["seal", "open"].iter().any(|what| name(what).contains(&args.only)) {
            continue;
        }
        let interpreter = match interpreter(&args.peers) {
            Ok(interpreter) => interpreter,
            Err(why) => return Ok(Err(why)),
        };
        let folder = folder.join(format!("python-{key}"));
        let desk = Desk::furnish(&folder, kind, Form::Older, &Ends::default())?;
        let setup = set_up(&folder, &desk, &json!({}))?;
        let mut python = match Python::start(&interpreter, &args.peers, &setup) {
            Ok(python) => python,
            Err(why) => return Ok(Err(why)),
        };
        let rounds = (args.rounds / 10).max(3);
        for (what, goal) in [("seal", None), ("open", Some(OPEN_GOAL))] {
            let stage = name(what);
            if !stage.contains(&args.only) {
                continue;
            }
            let mut well = true;
            let measured = in_turns(
                rounds,
                || well = python.turn(what, EACH) && well,
                || {
                    (0..EACH)
                        .for_each(|_| if what == "seal" { drop(desk.seal()) } else { desk.open() })
                },
            );
            if !well {
                return Ok(Err(format!("the Python stages ended at '{what}'")));
            }
            let one = |time: std::time::Duration| (time / EACH).as_secs_f64() * 1e6;
            peers.push(Peer {
                stage,
                certpost_microseconds: one(measured.work),
                python_microseconds: one(measured.yardstick),
                times: 1.0 / measured.ratio,
                goal,
            });
        }
    }
    Ok(Ok(peers))
}

/// The Python of `folder`, made by its `install`.
pub fn interpreter(folder: &Path) -> Result<PathBuf, String> {
    let interpreter = folder.join(".venv/bin/python");
    let found = fs::canonicalize(&interpreter).is_ok();
    match found && folder.join("worker.py").is_file() {
        // Not the file behind the link: beside the link are its libraries.
        true => std::path::absolute(interpreter).map_err(|fault| fault.to_string()),
        false => Err(format!(
            "{} is not there; run {}, or name the folder with --peers",
            interpreter.display(),
            folder.join("install").display()
        )),
    }
}

/// Writes down what a Python program is told, `more` beside what all are.
pub fn set_up(folder: &Path, desk: &Desk, more: &Value) -> Result<PathBuf, PlaceError> {
    let at = |name: &str| folder.join(name).display().to_string();
    fs::write(folder.join("elements.json"), elements().to_string())?;
    fs::write(folder.join("submission.json"), USUAL)?;
    fs::write(folder.join("letter.eml"), &desk.letter.letter)?;
    let mut setup = json!({
        "elements": at("elements.json"),
        "submission": at("submission.json"),
        "letter": at("letter.eml"),
        "sender": place::address(place::OURS),
        "recipient": place::address(THEIRS),
        "keys": {
            "signer": at("BV/sign.pem"),
            "signingKey": at("BV/sign.key"),
            "recipient": at("BV/peer-encrypt.pem"),
            "opener": at("AQ/decrypt.pem"),
            "openingKey": at("AQ/decrypt.key"),
        },
    });
    if let (Some(setup), Some(more)) = (setup.as_object_mut(), more.as_object()) {
        setup.extend(more.clone());
    }
    let path = folder.join("setup.json");
    fs::write(&path, setup.to_string())?;
    Ok(path)
}

//------------ Python --------------------------------------------------------

/// `stages.py` at work; it ends with its input.
struct Python {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Python {
    fn start(interpreter: &Path, folder: &Path, setup: &Path) -> Result<Python, String> {
        let mut child = Command::new(interpreter)
            .args(["-B".as_ref(), folder.join("stages.py").as_os_str(), setup.as_os_str()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|fault| format!("{}: {fault}", interpreter.display()))?;
        let (orders, answers) = (child.stdin.take(), child.stdout.take());
        let answers = answers.ok_or("no pipe from Python")?;
        let mut python = Python { child, orders, answers: BufReader::new(answers) };
        match python.turn("seal", 1) && python.turn("open", 1) {
            true => Ok(python),
            false => Err("the Python stages do not start; what they said is above".to_owned()),
        }
    }

    /// Has `stage` done so often; whether it was.
    fn turn(&mut self, stage: &str, count: u32) -> bool {
        let Some(orders) = self.orders.as_mut() else { return false };
        let told = writeln!(orders, "{stage} {count}").and_then(|()| orders.flush());
        let mut answer = String::new();
        told.is_ok()
            && self.answers.read_line(&mut answer).is_ok()
            && answer.trim().parse::<f64>().is_ok()
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ended = self.child.wait();
    }
}

//------------ The table -----------------------------------------------------

/// The element table and the plain fields, for a program that has not ours.
fn elements() -> Value {
    let types = TYPES.iter().filter(|of| !of.is(&table::ACKNOWLEDGEMENT));
    let types: serde_json::Map<String, Value> =
        types.map(|of| (of.name.to_owned(), of.elements.iter().map(element).collect())).collect();
    json!({"types": types, "plain": PLAIN.iter().map(plain).collect::<Vec<_>>()})
}

fn element(element: &Element) -> Value {
    let (kind, of, attributes) = match &element.kind {
        Kind::Node(of) => ("node", of.name, &[][..]),
        Kind::Leaf(Shape::DateTime, _) => ("date", "", Shape::DateTime.attributes()),
        Kind::Leaf(Shape::Indicator, _) => ("indicator", "", Shape::Indicator.attributes()),
        Kind::Leaf(shape, _) => ("leaf", "", shape.attributes()),
    };
    let attributes: serde_json::Map<String, Value> =
        attributes.iter().map(|name| (attribute_in_json(name).to_owned(), json!(name))).collect();
    let absent = match (element.occurs.is_mandatory() && element.may_be_empty(), kind) {
        (false, _) => Value::Null,
        (true, "node") => json!({}),
        (true, _) => json!(element.absent_value()),
    };
    json!({
        "xml": element.name, "json": element.json_name(), "many": element.occurs.repeats(),
        "kind": kind, "of": of, "attributes": attributes, "absent": absent,
    })
}

fn plain(plain: &Plain) -> Value {
    let list = plain.of.element(plain.list);
    let (list, entry) = match list.map(|(_, element)| (element.json_name(), &element.kind)) {
        Some((name, Kind::Node(of))) => (name, tag_name(of)),
        Some((name, Kind::Leaf(..))) => (name, None),
        None => (plain.list, None),
    };
    let short = match plain.stands_for {
        StandsFor::ClassCode => "classCode",
        StandsFor::ClassName => "className",
        StandsFor::Content | StandsFor::Truth => "content",
        StandsFor::Fact => "description",
    };
    json!({
        "of": plain.of.name, "group": plain.group, "field": plain.field, "tag": plain.tag,
        "list": list, "mark": entry.map(crate::certificate::element::mechanical),
        "short": short, "many": plain.repeats == Repeats::Yes,
    })
}
