//! What the programs that Herokey starts can see.
