//! Many at once, and how the queries find their rows. No times are asserted.

use std::sync::Arc;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_acceptances_at_once_share_commits() {
    let world = World::new();
    let ledger = world.ledger();
    let accepts = (0..1_000).map(|n| {
        let number = format!("N-{n:04}");
        let new = acceptance(&number, "70", 1, &["HM"]);
        async move { ledger.accept(new).await }
    });
    let all = futures_util::future::join_all(accepts).await;
    assert!(all.into_iter().all(|one| matches!(one, Ok(Accepted::New { .. }))));
    let mut seen = 0;
    loop {
        let claims = ledger.claim(&partner("HM"), 300, LEASE).await.unwrap();
        if claims.is_empty() {
            break;
        }
        for claimed in claims {
            let number = claimed.cargo.facts().unwrap().id.number().to_owned();
            let wanted = acceptance(&number, "70", 1, &[]).body;
            assert_eq!(claimed.submission.unwrap().body, wanted);
            seen += 1;
        }
    }
    assert_eq!(seen, 1_000);
    assert_eq!(ledger.audit().await.unwrap(), Audit { events: 1_000, faults: vec![] });
}

#[tokio::test]
async fn no_query_of_the_road_scans() {
    let world = World::new();
    let plans = world
        .ledger()
        .study(|reader| {
            let mut plans = Vec::new();
            for query in [
                "SELECT d.key FROM delivery d JOIN issued i ON i.key = d.issued
                 WHERE d.partner = 'HM' AND d.due <= 1 AND d.due IS NOT NULL
                 ORDER BY d.due, d.key LIMIT 9",
                "SELECT due FROM delivery WHERE partner = 'HM' AND due IS NOT NULL
                 ORDER BY due LIMIT 1",
                "SELECT key FROM delivery WHERE under_way = 1",
                "SELECT key FROM delivery WHERE lease_owner IS NOT NULL",
                "SELECT key FROM delivery
                 WHERE not_useful_after IS NOT NULL AND not_useful_after <= 1
                 AND state IN ('waiting', 'sealed', 'deferred', 'in-doubt')
                 ORDER BY not_useful_after LIMIT 9",
                "SELECT row FROM publication WHERE outlet = 'received' AND published_at IS NULL
                 ORDER BY row LIMIT 9",
                "SELECT e.seq FROM event e WHERE e.stream = 0
                 AND e.seq > ifnull((SELECT published FROM stream WHERE stream = 0), 0)
                 ORDER BY e.seq LIMIT 9",
                "SELECT key FROM letter WHERE state = 'waiting' ORDER BY key LIMIT 9",
                "SELECT body FROM event WHERE folded = 'x' ORDER BY seq",
            ] {
                let mut statement = reader.sql.prepare(&format!("EXPLAIN QUERY PLAN {query}"))?;
                let rows = statement.query_map([], |row| row.get::<_, String>(3))?;
                plans.push((query, rows.collect::<Result<Vec<_>, _>>()?));
            }
            Ok(plans)
        })
        .await
        .unwrap();
    for (query, plan) in plans {
        let scans = |line: &String| {
            let by_partial_index = line.contains("USING COVERING INDEX delivery_leased")
                || line.contains("INDEX letter_waiting");
            line.starts_with("SCAN") && !by_partial_index
        };
        assert!(!plan.iter().any(scans), "{query}\n{plan:?}");
        assert!(!plan.iter().any(|line| line.contains("TEMP B-TREE")), "{query}\n{plan:?}");
    }
}

/// Run by hand: `cargo test --lib ledger::tests::speed -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn how_fast() {
    let world = World::new();
    let ledger = Arc::new(world.ledger().clone());
    let clock = Clock::system();
    let many = 50_000;
    let start = clock.now();
    for chunk in 0..many / 1_000 {
        let accepts = (0..1_000).map(|n| {
            let new = acceptance(&format!("N-{chunk}-{n}"), "70", 1, &["HM"]);
            let ledger = Arc::clone(&ledger);
            async move { ledger.accept(new).await }
        });
        futures_util::future::join_all(accepts).await;
    }
    let spent = clock.now().since(start).as_secs_f64();
    println!("{many} acceptances in {spent:.1} s: {:.0}/s", f64::from(many) / spent);
    let start = clock.now();
    let mut posted = 0;
    loop {
        let claims = ledger.claim(&partner("HM"), 500, LEASE).await.unwrap();
        if claims.is_empty() {
            break;
        }
        posted += claims.len();
        let road = claims.iter().map(|claimed| async {
            ledger.seal(sealed(claimed)).await.unwrap();
            let n = ledger.begin(claimed.delivery, claimed.fence).await.unwrap();
            let (delivery, fence) = (claimed.delivery, claimed.fence);
            let at = world.clock.now();
            let verdict = conclusion(delivery, fence, n, Verdict::HandedOver, at);
            ledger.conclude(verdict).await.unwrap();
        });
        futures_util::future::join_all(road).await;
    }
    let spent = clock.now().since(start).as_secs_f64();
    println!("{posted} sealed, begun, concluded in {spent:.1} s");
}
