//! Exclusive C14N of what a certificate holds beyond the schema: without
//! comments, so that the same element gives the same text wherever it stood.

use std::borrow::Cow;

use super::name::Name;

//------------ Capture -------------------------------------------------------

/// One element being written out, with everything below it.
#[derive(Debug, Default)]
pub(super) struct Capture {
    out: String,
    /// The names of the elements open, outermost first.
    open: Vec<String>,
    /// Namespaces already written, by prefix, and how many outside each open element.
    rendered: Vec<(String, String)>,
    marks: Vec<usize>,
}

impl Capture {
    /// A start tag: only namespaces that its names use are declared, and only
    /// where the element outside has not done so (Exclusive C14N, section 3).
    pub(super) fn start(&mut self, name: &Name<'_>, attributes: &[(Name<'_>, Cow<'_, str>)]) {
        self.marks.push(self.rendered.len());
        let mut used: Vec<(&str, &str)> = vec![(name.prefix(), name.namespace.as_str())];
        for (attribute, _) in attributes {
            if !attribute.prefix().is_empty() && attribute.prefix() != "xml" {
                used.push((attribute.prefix(), attribute.namespace.as_str()));
            }
        }
        used.sort_unstable();
        used.dedup();
        self.out.push('<');
        self.out.push_str(name.written);
        for (prefix, namespace) in used {
            let before = self.rendered.iter().rev().find(|(known, _)| known == prefix);
            let before = before.map(|(_, namespace)| namespace.as_str());
            if before.unwrap_or_default() == namespace {
                continue;
            }
            let colon = if prefix.is_empty() { "" } else { ":" };
            self.out.push_str(" xmlns");
            self.out.push_str(colon);
            self.attribute(prefix, namespace);
            self.rendered.push((prefix.to_owned(), namespace.to_owned()));
        }
        let mut sorted: Vec<_> = attributes.iter().collect();
        sorted.sort_by_key(|(name, _)| (name.namespace.as_str(), name.local()));
        for (name, value) in sorted {
            self.out.push(' ');
            self.attribute(name.written, value);
        }
        self.out.push('>');
        self.open.push(name.written.to_owned());
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push_str(name);
        self.out.push_str("=\"");
        for letter in value.chars() {
            match letter {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '"' => self.out.push_str("&quot;"),
                '\t' => self.out.push_str("&#x9;"),
                '\n' => self.out.push_str("&#xA;"),
                '\r' => self.out.push_str("&#xD;"),
                other => self.out.push(other),
            }
        }
        self.out.push('"');
    }

    /// Text, references already resolved.
    pub(super) fn text(&mut self, text: &str) {
        escape_text(&mut self.out, text);
    }

    /// An end tag; the whole, if it was the outermost.
    pub(super) fn end(&mut self) -> Option<String> {
        if let Some(name) = self.open.pop() {
            self.out.push_str("</");
            self.out.push_str(&name);
            self.out.push('>');
        }
        if let Some(mark) = self.marks.pop() {
            self.rendered.truncate(mark);
        }
        self.open.is_empty().then(|| std::mem::take(&mut self.out))
    }

    /// How much has been written so far.
    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    /// Drops what has been written, and goes on counting tags.
    pub(super) fn drop_text(&mut self) {
        self.out.clear();
    }
}

/// Text as C14N writes it.
pub(super) fn escape_text(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#xD;"),
            other => out.push(other),
        }
    }
}
