//! What stands beside an ePhyto tag, as the regional copy of the schema rules it.

use super::super::date::date;
use super::super::digest::truth;
use super::super::plain::tag_name;
use super::super::rules::tags::{Tag, Wants};
use super::super::tree::Node;
use super::super::value::{Form, number};

//------------ Beside --------------------------------------------------------

/// What a value beside a tag must be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Beside {
    Boolean,
    /// A day or a moment.
    DateTime,
    /// At most 20 digits, four of them behind the point.
    Decimal,
    /// At most so many digits.
    Integer(usize),
    /// At most so many characters.
    Text(usize),
}

/// The tag called `name` and what must stand beside it. The chemical, its
/// concentration and the temperature have no rule, nor have the four older tags.
fn rule(name: &str) -> Option<(&'static Tag, Beside)> {
    let tag = Tag::named(name)?;
    let beside = match tag.wants {
        Wants::Anything | Wants::Measure => return None,
        Wants::Country => Beside::Text(2),
        Wants::Date => Beside::DateTime,
        Wants::Decimal(..) => Beside::Decimal,
        Wants::Digits(most) => Beside::Integer(most),
        Wants::Text(most) => Beside::Text(most),
        Wants::Truth => Beside::Boolean,
    };
    Some((tag, beside))
}

/// A value that breaks the rule of its tag.
pub(super) struct Fault {
    pub tag: &'static str,
    /// The value's element in its entry, and which of its row it is, from 0.
    pub name: &'static str,
    pub at: usize,
    pub words: String,
    pub remedy: String,
}

/// The first value beside the tag of `entry`, if it has one, that breaks its rule.
pub(super) fn value_fault(entry: &Node) -> Option<Fault> {
    let tag_name = tag_name(entry.of())?;
    let (tag, rule) = rule(entry.text(tag_name)?)?;
    let name = tag.value_name(entry.of());
    // Where the tag stands in the same element, the second is the value.
    let tags = usize::from(name == tag_name);
    let mut values = entry.leaves(name).enumerate().skip(tags);
    let (at, bad) = values.find(|(_, value)| !value.text.is_empty() && !rule.takes(&value.text))?;
    let length = bad.text.chars().count();
    let (words, remedy) = match rule {
        Beside::Boolean => ("it is neither true nor false".into(), "write true or false".into()),
        Beside::DateTime => {
            ("it is no date".into(), "write 2026-11-20, or 2026-11-20T10:15:00+01:00".into())
        }
        Beside::Decimal => (
            "it is no number of at most 20 digits, four of them behind the point".into(),
            "write digits and a point, as 20500.00".into(),
        ),
        Beside::Integer(most) => (
            format!("it is no whole number of at most {most} digits"),
            "write the number of the clause".into(),
        ),
        Beside::Text(most) => (
            format!("it has {length} characters, and {most} are taken"),
            format!("write at most {most} characters"),
        ),
    };
    Some(Fault { tag: tag.name, name, at, words, remedy })
}

impl Beside {
    fn takes(self, value: &str) -> bool {
        match self {
            Beside::Boolean => truth(value).is_some(),
            Beside::DateTime => matches!(date(value.trim(), None), Form::Good | Form::Loose(_)),
            Beside::Decimal => {
                let digits = value.bytes().filter(u8::is_ascii_digit).count();
                let behind = value.split_once('.').map_or(0, |(_, behind)| behind.len());
                number(value) == Form::Good && digits <= 20 && behind <= 4
            }
            Beside::Integer(most) => {
                let digits = value.trim();
                (1..=most).contains(&digits.len())
                    && digits.bytes().all(|octet| octet.is_ascii_digit())
            }
            Beside::Text(most) => value.chars().count() <= most,
        }
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::super::super::codes::List;
    use super::*;

    #[test]
    fn every_rule_is_of_a_tag_and_found() {
        let ruled = List::Tag.rows().filter(|(tag, ..)| rule(tag).is_some());
        // Seven tags have no rule.
        assert_eq!(ruled.count(), List::Tag.rows().count() - 7);
    }

    #[test]
    fn values_are_taken_by_their_rule() {
        #[track_caller]
        fn check(rule: Beside, good: &[&str], bad: &[&str]) {
            for value in good {
                assert!(rule.takes(value), "{value}");
            }
            for value in bad {
                assert!(!rule.takes(value), "{value}");
            }
        }
        check(Beside::Boolean, &["True", "FALSE", "true"], &["yes", "", "2"]);
        check(
            Beside::DateTime,
            &["2026-11-20", "2026-11-20T10:15:00Z", "20261120"],
            &["May 1,2,5,10 2020", "26/02/2024"],
        );
        check(
            Beside::Decimal,
            &["33", "-0.5", "1234567890123456.1234"],
            &["1.23456", "123456789012345678901", "12,5", "a"],
        );
        check(Beside::Integer(2), &["5", "12"], &["", "123", "5a", "-1"]);
        check(Beside::Text(3), &["", "鲜苹果"], &["abcd"]);
    }
}
