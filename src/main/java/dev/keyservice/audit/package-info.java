/// What happened: an append-only, hash-chained record of every call.
@NullMarked
package dev.keyservice.audit;

import org.jspecify.annotations.NullMarked;
