/// The client: one channel to the service over TLS, and plain words when it cannot be opened.
@NullMarked
package dev.keyservice.client;

import org.jspecify.annotations.NullMarked;
