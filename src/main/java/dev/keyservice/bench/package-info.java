/// What a call costs: load over real connections, its figures, and the bare server that they are
/// compared with.
@NullMarked
package dev.keyservice.bench;

import org.jspecify.annotations.NullMarked;
