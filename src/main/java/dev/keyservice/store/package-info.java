/// Keys in a relational database, believed only as far as the change log vouches for them.
///
/// `docs/store-format.md` gives the bytes, `docs/decisions/004-change-log-as-the-spine.md` the
/// reasons.
@NullMarked
package dev.keyservice.store;

import org.jspecify.annotations.NullMarked;
