//! What a certificate is today, in whatever order things came.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::certificate::life::Current;

use super::*;

/// Something that comes: number, status, content, and whom it names.
type Coming = (&'static str, &'static str, u8, &'static [&'static str]);

/// Which way certificates come.
#[derive(Clone, Copy, Debug)]
enum Way {
    In,
    Out,
}

impl World {
    async fn takes(
        &self,
        way: Way,
        (number, status, content, replaces): (&str, &str, u8, &[&str]),
    ) {
        let replaces: Vec<String> = replaces.iter().map(|number| (*number).to_owned()).collect();
        match way {
            Way::In => {
                let id = self.ledger().take_in(letter("octets")).await.unwrap();
                self.ledger().begin_opening(id).await.unwrap();
                let mut arrival = arrival(id, "HM", number, status, content);
                arrival.facts.replaces = replaces;
                self.ledger().receive(arrival).await.unwrap();
            }
            Way::Out => {
                let mut new = acceptance(number, status, content, &["HM"]);
                new.facts.replaces = replaces;
                self.ledger().accept(new).await.unwrap();
            }
        }
    }

    /// What is on record of a number: `issued; replaces …; replaced by …`.
    async fn life(&self, number: &str) -> String {
        let found = self.ledger().standing(Query::number(number)).await.unwrap();
        let Some(standing) = found.iter().find(|one| one.id.number() == number) else {
            return "nothing".to_owned();
        };
        let life = &standing.life;
        let traced = self.ledger().trace(Query::number(number)).await.unwrap();
        for certificate in &traced.certificates {
            assert_eq!(certificate.life, *life, "trace and standing agree");
        }
        let documents = self.ledger().documents(Query::number(number)).await.unwrap();
        let current = life.current.map(|current| current.to_string());
        assert!(documents.iter().all(|document| document.current == current));
        assert!(life.history.is_sorted_by_key(|step| step.at));
        assert_eq!(life.history.iter().filter(|s| s.by.is_some()).count(), life.replaced_by.len());
        let others = |how: &str, others: &[Other]| {
            let each = others.iter().map(|other| {
                let number = other.id.rsplit('/').next().unwrap_or_default();
                format!("; {how} {number} {}", other.current.map_or("unknown", Current::as_str))
            });
            each.collect::<String>()
        };
        format!(
            "{}{}{}",
            life.current.map_or("unknown", Current::as_str),
            others("replaces", &life.replaces),
            others("replaced by", &life.replaced_by),
        )
    }
}

/// Every order of `count` things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for _ in 0..count {
        let longer = orders.iter().flat_map(|order: &Vec<usize>| {
            let left = (0..count).filter(|next| !order.contains(next));
            left.map(|next| [order.as_slice(), &[next]].concat()).collect::<Vec<_>>()
        });
        orders = longer.collect();
    }
    orders
}

/// `coming` in every order, both ways: the lives are always `wanted`.
#[track_caller]
fn check(coming: &[Coming], wanted: &[(&str, &str)]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::new();
        for way in [Way::In, Way::Out] {
            for (round, order) in orders(coming.len()).iter().enumerate() {
                // Certificates of their own for each order, and one of them twice.
                let own = |number: &str| format!("{number} of {way:?} {round}");
                for at in order.iter().chain(&order[..1]) {
                    let (number, status, content, replaces) = coming[*at];
                    let replaces: Vec<String> = replaces.iter().map(|n| own(n)).collect();
                    let replaces: Vec<&str> = replaces.iter().map(String::as_str).collect();
                    world.takes(way, (&own(number), status, content, &replaces)).await;
                    world.clock.advance(Duration::from_millis(7));
                }
                for (number, wanted) in wanted {
                    let life = world.life(&own(number)).await;
                    let life = life.replace(&own(""), "");
                    assert_eq!(life, *wanted, "{number}, {way:?} in the order {order:?}");
                }
            }
        }
    });
}

#[test]
fn one_number_in_every_order() {
    check(&[("A", "70", 1, &[])], &[("A", "issued"), ("B", "nothing")]);
    check(&[("A", "47", 1, &[]), ("A", "39", 2, &[]), ("A", "70", 3, &[])], &[("A", "issued")]);
    check(&[("A", "70", 1, &[]), ("A", "40", 2, &[])], &[("A", "withdrawn")]);
    check(&[("A", "40", 1, &[])], &[("A", "withdrawn")]);
    check(&[("A", "44", 1, &[])], &[("A", "replaced")]);
    check(&[("A", "70", 1, &[]), ("A", "44", 1, &[]), ("A", "40", 1, &[])], &[("A", "withdrawn")]);
    // Issued once more after the withdrawal, with other content or the same:
    // whichever of the two issues is the first, the number stays withdrawn.
    let again: &[Coming] = &[("A", "70", 1, &[]), ("A", "40", 1, &[]), ("A", "70", 2, &[])];
    check(again, &[("A", "withdrawn")]);
    check(&[("A", "122", 1, &[])], &[("A", "unknown")]);
}

#[test]
fn a_replacement_in_every_order() {
    let both = [("A", "replaced; replaced by B issued"), ("B", "issued; replaces A replaced")];
    check(&[("A", "70", 1, &[]), ("B", "70", 1, &["A"])], &both);
    // Some systems mark the old one as well.
    check(&[("A", "70", 1, &[]), ("B", "70", 1, &["A"]), ("A", "44", 2, &[])], &both);
    // The old one is not on record: the new one says so of a number.
    check(&[("B", "70", 1, &["A"])], &[("B", "issued; replaces A unknown")]);
    // What is withdrawn is not replaced as well.
    check(
        &[("A", "70", 1, &[]), ("A", "40", 1, &[]), ("B", "70", 1, &["A"])],
        &[("A", "withdrawn; replaced by B issued"), ("B", "issued; replaces A withdrawn")],
    );
    // A draft that names another ends nothing, until it is issued.
    check(&[("A", "70", 1, &[]), ("B", "47", 1, &["A"])], &[("A", "issued"), ("B", "draft")]);
    check(
        &[("A", "70", 1, &[]), ("B", "47", 1, &["A"]), ("B", "70", 2, &["A"])],
        &[("A", "replaced; replaced by B issued")],
    );
    check(&[("A", "70", 1, &["A"])], &[("A", "issued")]);
}

#[test]
fn replacements_of_replacements_in_every_order() {
    // A chain.
    check(
        &[("A", "70", 1, &[]), ("B", "70", 1, &["A"]), ("C", "70", 1, &["B"])],
        &[
            ("A", "replaced; replaced by B replaced"),
            ("B", "replaced; replaces A replaced; replaced by C issued"),
            ("C", "issued; replaces B replaced"),
        ],
    );
    // The replacement is withdrawn: what it replaced does not come back.
    check(
        &[("A", "70", 1, &[]), ("B", "70", 1, &["A"]), ("B", "40", 1, &["A"])],
        &[("A", "replaced; replaced by B withdrawn"), ("B", "withdrawn; replaces A replaced")],
    );
    check(
        &[("A", "70", 1, &[]), ("B", "40", 1, &["A"])],
        &[("A", "replaced; replaced by B withdrawn"), ("B", "withdrawn; replaces A replaced")],
    );
    // Two say to replace the same one; and one replaces two.
    check(
        &[("A", "70", 1, &[]), ("B", "70", 1, &["A"]), ("C", "70", 1, &["A", "D"])],
        &[
            ("A", "replaced; replaced by B issued; replaced by C issued"),
            ("C", "issued; replaces A replaced; replaces D unknown"),
        ],
    );
    // Each names the other.
    check(
        &[("A", "70", 1, &["B"]), ("B", "70", 1, &["A"])],
        &[("A", "replaced; replaces B replaced; replaced by B replaced")],
    );
    // A conflict changes nothing, whichever of the two came first.
    check(
        &[("A", "70", 1, &[]), ("B", "70", 1, &["A"]), ("B", "70", 2, &["A"])],
        &[("A", "replaced; replaced by B issued"), ("B", "issued; replaces A replaced")],
    );
}

/// One partner's word is not another's, one country's not another's, and what
/// comes in is not what went out.
#[tokio::test]
async fn a_certificate_is_replaced_by_its_issuer_alone() {
    let world = World::new();
    let receive = async |from: &str, country: &str, kind: &str, number: &str, names: &[&str]| {
        let id = world.ledger().take_in(letter("octets")).await.unwrap();
        world.ledger().begin_opening(id).await.unwrap();
        let mut arrival = arrival(id, from, number, "70", 1);
        arrival.facts = facts(country, number, "70", names);
        let document_type = kind.parse().unwrap();
        arrival.facts.id =
            CertificateId::new(country.parse().unwrap(), document_type, number).unwrap();
        arrival.digest = digest(&format!("{country} {kind} {number}"), "70", 1);
        arrival.publication.message_id = format!("{from} {country} {kind} {number}");
        world.ledger().receive(arrival).await.unwrap();
    };
    receive("HM", "HM", "851", "A", &[]).await;
    world.takes(Way::Out, ("A", "70", 1, &[])).await;
    // Of another partner, another country, another type; and ours.
    receive("GS", "HM", "851", "B", &["A"]).await;
    receive("HM", "NF", "851", "B", &["A"]).await;
    receive("HM", "HM", "657", "B", &["A"]).await;
    let found = world.ledger().standing(Query::number("A")).await.unwrap();
    let on_record = found.iter().filter(|one| !one.versions.is_empty());
    assert_eq!(on_record.clone().count(), 2);
    for standing in on_record {
        assert_eq!(standing.life.current, Some(Current::Issued), "{standing:?}");
    }
    // Those that were named and are not here are told of for what they are.
    let named: Vec<String> = found
        .iter()
        .filter(|one| one.versions.is_empty())
        .map(|one| format!("{} from {}", one.id, one.partner.as_ref().unwrap()))
        .collect();
    assert_eq!(named, ["HM/851/A from GS", "HM/657/A from HM", "NF/851/A from HM"]);
    receive("HM", "HM", "851", "B", &["A"]).await;
    let mut ours = Query::number("A");
    ours.direction = Some(crate::delivery::Direction::Inbound);
    ours.country = Some("HM".parse().unwrap());
    let found = world.ledger().standing(ours).await.unwrap();
    assert_eq!(found[0].life.current, Some(Current::Replaced));
}

/// What is published of a certificate says what it is when it comes, and what
/// becomes of the one that it replaces.
#[tokio::test]
async fn what_is_published_has_its_life() {
    let world = World::new();
    world.takes(Way::In, ("A", "70", 1, &[])).await;
    world.clock.advance(Duration::from_secs(60));
    world.takes(Way::In, ("B", "70", 1, &["A"])).await;
    world.takes(Way::In, ("D", "70", 1, &["C"])).await;
    world.clock.advance(Duration::from_secs(60));
    world.takes(Way::In, ("C", "70", 1, &[])).await;
    world.takes(Way::In, ("A", "40", 1, &[])).await;
    let published = world.ledger().unpublished(Outlet::Received, 9).await.unwrap();
    let bodies: Vec<Value> =
        published.iter().map(|one| serde_json::from_slice(&one.body).unwrap()).collect();
    let step =
        |status: &str, stage: &str, at: &str| json!({"status": status, "stage": stage, "at": at});
    let by = |id: &str, at: &str| json!({"stage": "replaced", "at": at, "by": id});
    let (first, second, third) =
        ("2026-11-23T20:30:00.000Z", "2026-11-23T20:31:00.000Z", "2026-11-23T20:32:00.000Z");
    let life = |number: &str, current: &str, history: &[Value], replaces: Value, by: Value| {
        json!({
            "number": number, "current": current, "history": history,
            "replaces": replaces, "replacedBy": by,
        })
    };
    let other = |id: &str, current: Value| json!([{"id": id, "current": current}]);
    assert_eq!(
        bodies[0],
        life("A", "issued", &[step("70", "issued", first)], json!([]), json!([]))
    );
    let replaces = other("HM/851/A", json!("replaced"));
    assert_eq!(
        bodies[1],
        life("B", "issued", &[step("70", "issued", second)], replaces, json!([]))
    );
    let replaces = other("HM/851/C", Value::Null);
    assert_eq!(
        bodies[2],
        life("D", "issued", &[step("70", "issued", second)], replaces, json!([]))
    );
    // The old one came behind the new one.
    let history = [by("HM/851/D", second), step("70", "issued", third)];
    let by_d = other("HM/851/D", json!("issued"));
    assert_eq!(bodies[3], life("C", "replaced", &history, json!([]), by_d));
    let history =
        [step("70", "issued", first), by("HM/851/B", second), step("40", "withdrawn", third)];
    let by_b = other("HM/851/B", json!("issued"));
    assert_eq!(bodies[4], life("A", "withdrawn", &history, json!([]), by_b));
}

/// The link is in the commit of the certificate: a crash leaves both or none.
#[tokio::test]
async fn a_crash_parts_no_link_from_its_certificate() {
    let mut world = World::new();
    world.takes(Way::In, ("A", "70", 1, &[])).await;
    world.takes(Way::In, ("B", "70", 1, &["A"])).await;
    world.takes(Way::Out, ("C", "70", 1, &["D"])).await;
    world.crash().await;
    assert_eq!(world.life("A").await, "replaced; replaced by B issued");
    assert_eq!(world.life("C").await, "issued; replaces D unknown");
}

/// A ledger from before links were kept has them after the first start, and
/// is left alone by whatever is no run.
#[tokio::test]
async fn an_older_ledger_gets_its_links() {
    let mut world = World::new();
    world.takes(Way::In, ("B", "70", 1, &["A"])).await;
    world.takes(Way::In, ("A", "70", 1, &[])).await;
    world.takes(Way::Out, ("D", "40", 1, &["C", "D"])).await;
    world.takes(Way::Out, ("C", "70", 1, &[])).await;
    let lives = [world.life("A").await, world.life("C").await];
    world.ledger = None;
    let sql = Connection::open(&world.path).unwrap();
    sql.execute_batch("DROP TABLE replacement; PRAGMA user_version = 1").unwrap();
    drop(sql);
    let tool = Ledger::open(&world.path, &partner("BV"), Access::Tool, world.clock.clone());
    assert!(matches!(tool, Err(LedgerError::OlderSchema { found: 1, known: 2 })), "{tool:?}");
    world.ledger = Some(open(&world.path, &world.clock));
    assert_eq!([world.life("A").await, world.life("C").await], lives);
    assert_eq!(lives[0], "replaced; replaced by B issued");
}
