//! The broker's side: topology, claims, publishing with confirm.
