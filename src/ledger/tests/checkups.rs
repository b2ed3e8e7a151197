//! Looking at a ledger from outside, and what it costs the ledger: nothing.

use super::*;
use crate::delivery::{Direction, EventKind};

#[tokio::test]
async fn beside_a_run_and_without_one() {
    let mut world = World::new();
    for kind in [EventKind::Started, EventKind::DoorsClosed, EventKind::DoorsOpened] {
        world.ledger().note(Direction::Gateway, kind, None, None).await.unwrap();
    }
    let look = || checkup(&world.path, &partner("BV")).unwrap();
    let found = look();
    assert_eq!((found.events, found.newest), (3, Some(world.clock.now())));
    assert_eq!(found.audit, Audit { events: 3, faults: vec![] });
    assert!(is_held(&world.path).unwrap());
    let other = checkup(&world.path, &partner("HM"));
    assert!(matches!(other, Err(LedgerError::OtherGateway { .. })), "{other:?}");

    world.ledger = None;
    assert!(!is_held(&world.path).unwrap());
    let files = || std::fs::read_dir(world.path.parent().unwrap()).unwrap().count();
    let before = files();
    assert_eq!(checkup(&world.path, &partner("BV")).unwrap(), found);
    assert_eq!(files(), before, "a look made a file");

    // As somebody would who wants an event to have been another.
    let forge = |seq: i64| {
        let sql = Connection::open(&world.path).unwrap();
        let forged = "UPDATE event SET body = replace(body, 'gateway', 'partner') WHERE seq = ?";
        assert_eq!(sql.execute(forged, [seq]).unwrap(), 1);
    };
    forge(1);
    let sql = Connection::open(&world.path).unwrap();
    assert!(events::audit_last(&sql, 2).unwrap().faults.is_empty());
    assert_eq!(events::audit_last(&sql, 3).unwrap().faults.len(), 1);
    drop(sql);
    forge(3);
    let found = checkup(&world.path, &partner("BV")).unwrap();
    assert_eq!(found.audit.faults.last(), Some(&ChainFault::Changed { stream: 0, seq: 3 }));
}
