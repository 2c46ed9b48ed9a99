/// What opens the store: root keys outside of it, and the store keys inside that they wrap.
///
/// `docs/decisions/005-key-hierarchy.md` says why there are three levels.
@NullMarked
package dev.keyservice.root;

import org.jspecify.annotations.NullMarked;
