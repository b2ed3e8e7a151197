//! What an element is, in words for a person: English and Chinese.
//!
//! The words stand in `words.txt`, a line for each row of the element table:
//! the type and the element, the English words, a tab, the Chinese ones.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::element::{Element, Type};

//------------ Words ---------------------------------------------------------

/// Words in both languages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Words {
    pub english: &'static str,
    pub chinese: &'static str,
}

impl Words {
    /// What `element` of a type is; the names of the standard where a row of
    /// the table has no words, which a test keeps from being.
    pub fn of(of: &Type, element: &Element) -> Words {
        static TABLE: LazyLock<HashMap<(&str, &str), Words>> = LazyLock::new(|| rows().collect());
        let named = Words { english: element.name, chinese: element.name };
        TABLE.get(&(of.name, element.name)).copied().unwrap_or(named)
    }
}

impl std::fmt::Display for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.english, self.chinese)
    }
}

fn rows() -> impl Iterator<Item = ((&'static str, &'static str), Words)> {
    include_str!("words.txt").lines().filter_map(|line| {
        let (place, words) = line.split_once(' ')?;
        let (english, chinese) = words.split_once('\t')?;
        Some((place.split_once('/')?, Words { english, chinese }))
    })
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::super::table::TYPES;
    use super::*;

    #[test]
    fn every_element_has_words_in_both_languages() {
        let han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
        for of in TYPES {
            let mut seen = Vec::new();
            for element in of.elements {
                let Words { english, chinese } = Words::of(of, element);
                let place = format!("{}/{}", of.name, element.name);
                assert!(chinese.contains(han) && !english.contains(han), "{place}");
                assert!(!seen.contains(&english) && !seen.contains(&chinese), "{place}");
                seen.extend([english, chinese]);
            }
        }
        let elements: usize = TYPES.iter().map(|of| of.elements.len()).sum();
        assert_eq!(rows().count(), elements, "a row of no element, or two of one");
    }
}
