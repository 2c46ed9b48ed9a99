/// What can be expected to go wrong, as one closed set.
@NullMarked
package dev.keyservice.failure;

import org.jspecify.annotations.NullMarked;
