mod smime_gates;
mod smime_peers;
mod smime_world;
