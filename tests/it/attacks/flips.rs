//! Every octet of a sealed part flipped, and letters changed at random.
