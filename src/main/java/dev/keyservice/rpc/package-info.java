/// The service methods, and the mapping between the wire and the domain.
@NullMarked
package dev.keyservice.rpc;

import org.jspecify.annotations.NullMarked;
