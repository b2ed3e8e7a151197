//! One TOML table being read: keys are taken out, and what is left is unknown.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use toml::{Table, Value};

use super::faults::Faults;
use super::units;

//------------ Section -------------------------------------------------------

/// A table with its place, so that every fault can say where it is.
#[derive(Debug)]
pub struct Section<'a> {
    table: Table,
    taken: Vec<&'static str>,
    place: String,
    file: &'a Path,
}

impl<'a> Section<'a> {
    /// The table at `place` of `file`; `place` is empty for the whole file.
    pub fn new(table: Table, place: impl Into<String>, file: &'a Path) -> Self {
        Section { table, taken: Vec::new(), place: place.into(), file }
    }

    /// The file this table stands in.
    pub fn file(&self) -> &'a Path {
        self.file
    }

    /// `key` with its place before it.
    pub fn key(&self, key: &str) -> String {
        match (self.place.is_empty(), key.is_empty()) {
            (true, _) => key.to_owned(),
            (false, true) => self.place.clone(),
            (false, false) => format!("{}.{key}", self.place),
        }
    }

    /// A path that this file names, seen from where the file lies.
    pub fn path(&self, named: &str) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(named)
    }

    /// Adds a fault about `key`.
    pub fn fault(
        &self,
        key: &str,
        words: impl Into<String>,
        remedy: impl Into<String>,
        faults: &mut Faults,
    ) {
        faults.add(self.file, self.key(key), words, remedy);
    }

    /// Takes `key` out, whatever it holds.
    pub fn take(&mut self, key: &'static str) -> Option<Value> {
        self.taken.push(key);
        self.table.remove(key)
    }

    /// Takes a string.
    pub fn text(&mut self, key: &'static str, faults: &mut Faults) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text),
            other => {
                self.wanted(key, "a text in quotes", &other, faults);
                None
            }
        }
    }

    /// Takes a string that must be there.
    pub fn required_text(
        &mut self,
        key: &'static str,
        example: &str,
        faults: &mut Faults,
    ) -> Option<String> {
        let there = self.table.contains_key(key);
        let text = self.text(key, faults);
        if !there {
            self.fault(key, "is missing", format!("write {key} = \"{example}\""), faults);
        }
        text
    }

    /// Takes a string and parses it.
    pub fn parsed<T>(&mut self, key: &'static str, faults: &mut Faults) -> Option<T>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        let text = self.text(key, faults)?;
        self.parse(key, &text, faults)
    }

    /// Takes a string that must be there, and parses it.
    pub fn required<T>(
        &mut self,
        key: &'static str,
        example: &str,
        faults: &mut Faults,
    ) -> Option<T>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        let text = self.required_text(key, example, faults)?;
        self.parse(key, &text, faults)
    }

    /// Takes a list of strings and parses each; absent is an empty list.
    pub fn list<T>(&mut self, key: &'static str, faults: &mut Faults) -> Option<Vec<T>>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        let items = match self.take(key)? {
            Value::Array(items) => items,
            other => {
                self.wanted(key, "a list of texts, as [\"…\"]", &other, faults);
                return None;
            }
        };
        let mut read = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Value::String(text) => read.extend(self.parse(key, &text, faults)),
                other => self.wanted(key, "texts in the list", &other, faults),
            }
        }
        Some(read)
    }

    /// Takes `true` or `false`.
    pub fn yes(&mut self, key: &'static str, default: bool, faults: &mut Faults) -> bool {
        match self.take(key) {
            None => default,
            Some(Value::Boolean(yes)) => yes,
            Some(other) => {
                self.wanted(key, "true or false", &other, faults);
                default
            }
        }
    }

    /// Takes a number between two bounds.
    pub fn number(
        &mut self,
        key: &'static str,
        default: f64,
        bounds: (f64, f64),
        faults: &mut Faults,
    ) -> f64 {
        let number = match self.take(key) {
            None => return default,
            Some(Value::Float(number)) => number,
            Some(Value::Integer(number)) => number as f64,
            Some(other) => {
                self.wanted(key, "a number", &other, faults);
                return default;
            }
        };
        if number >= bounds.0 && number <= bounds.1 {
            return number;
        }
        let remedy = format!("write a number from {} to {}", bounds.0, bounds.1);
        self.fault(key, format!("{number} is out of bounds"), remedy, faults);
        default
    }

    /// Takes a duration.
    pub fn duration(
        &mut self,
        key: &'static str,
        default: Duration,
        faults: &mut Faults,
    ) -> Duration {
        match self.text(key, faults) {
            None => default,
            Some(text) => self.unit(key, units::duration(&text), faults).unwrap_or(default),
        }
    }

    /// Takes a list of durations, at least one.
    pub fn durations(
        &mut self,
        key: &'static str,
        default: Vec<Duration>,
        faults: &mut Faults,
    ) -> Vec<Duration> {
        let Some(texts) = self.list::<String>(key, faults) else {
            return default;
        };
        if texts.is_empty() {
            self.fault(
                key,
                "is an empty list",
                "write one duration at least, or leave it out",
                faults,
            );
            return default;
        }
        texts.iter().filter_map(|text| self.unit(key, units::duration(text), faults)).collect()
    }

    /// Takes a size in octets.
    pub fn size(&mut self, key: &'static str, default: usize, faults: &mut Faults) -> usize {
        match self.text(key, faults) {
            None => default,
            Some(text) => self.unit(key, units::size(&text), faults).unwrap_or(default),
        }
    }

    /// Takes one of several words.
    pub fn choice<T: Clone>(
        &mut self,
        key: &'static str,
        default: T,
        among: &[(&str, T)],
        faults: &mut Faults,
    ) -> T {
        let Some(text) = self.text(key, faults) else {
            return default;
        };
        if let Some((_, found)) = among.iter().find(|(word, _)| *word == text) {
            return found.clone();
        }
        let words: Vec<_> = among.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        self.fault(
            key,
            format!("'{text}' is not offered"),
            format!("write {}", words.join(" or ")),
            faults,
        );
        default
    }

    /// Takes a table; absent is an empty one.
    pub fn section(&mut self, key: &'static str, faults: &mut Faults) -> Section<'a> {
        let place = self.key(key);
        let table = match self.take(key) {
            None => Table::new(),
            Some(Value::Table(table)) => table,
            Some(other) => {
                self.wanted(key, &format!("a table, [{place}]"), &other, faults);
                Table::new()
            }
        };
        Section::new(table, place, self.file)
    }

    /// Takes a list of tables, each with its place counted from 1.
    pub fn sections(&mut self, key: &'static str, faults: &mut Faults) -> Vec<Section<'a>> {
        let items = match self.take(key) {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(other) => {
                self.wanted(key, &format!("tables, each under [[{key}]]"), &other, faults);
                return Vec::new();
            }
        };
        let mut read = Vec::with_capacity(items.len());
        for (n, item) in items.into_iter().enumerate() {
            match item {
                Value::Table(table) => {
                    read.push(Section::new(
                        table,
                        self.key(&format!("{key}[{}]", n + 1)),
                        self.file,
                    ));
                }
                other => self.wanted(key, &format!("tables, each under [[{key}]]"), &other, faults),
            }
        }
        read
    }

    /// Reports whatever was not taken.
    pub fn finish(self, faults: &mut Faults) {
        for unknown in self.table.keys() {
            let near = self
                .taken
                .iter()
                .map(|known| (distance(unknown, known), *known))
                .filter(|(distance, _)| *distance <= 2)
                .min();
            let remedy = match near {
                Some((_, known)) => format!("did you mean {known}?"),
                None => format!("take it out; known here: {}", self.taken.join(", ")),
            };
            self.fault(unknown, "is no key of this table", remedy, faults);
        }
    }

    fn parse<T>(&self, key: &str, text: &str, faults: &mut Faults) -> Option<T>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        match text.parse() {
            Ok(read) => Some(read),
            Err(fault) => {
                self.split_fault(key, &fault.to_string(), faults);
                None
            }
        }
    }

    fn unit<T>(&self, key: &str, read: Result<T, String>, faults: &mut Faults) -> Option<T> {
        read.map_err(|words| self.split_fault(key, &words, faults)).ok()
    }

    /// Our errors read `what is wrong; what to write`.
    fn split_fault(&self, key: &str, words: &str, faults: &mut Faults) {
        let (words, remedy) = words.split_once("; ").unwrap_or((words, "mend it"));
        self.fault(key, words, remedy, faults);
    }

    fn wanted(&self, key: &str, wanted: &str, found: &Value, faults: &mut Faults) {
        self.fault(key, format!("is {}", kind(found)), format!("write {wanted}"), faults);
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "a list",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date without quotes",
        Value::Float(_) | Value::Integer(_) => "a number",
        Value::String(_) => "a text",
        Value::Table(_) => "a table",
    }
}

/// How many letters two keys differ by; keys are short.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let swap = before + usize::from(a != *b);
            before = row[j + 1];
            row[j + 1] = swap.min(row[j] + 1).min(before + 1);
        }
    }
    row[other.len()]
}
