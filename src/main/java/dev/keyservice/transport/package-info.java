/// TLS and the wire: the server's port, who may connect to it, its limits, and the tie between a
/// call's work and the caller who waits for it.
@NullMarked
package dev.keyservice.transport;

import org.jspecify.annotations.NullMarked;
