/// Notices that files have changed.
@NullMarked
package dev.keyservice.watch;

import org.jspecify.annotations.NullMarked;
