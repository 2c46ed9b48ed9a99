/// One call on its way in: the order of the stages, and what they hand on to each other.
@NullMarked
package dev.keyservice.call;

import org.jspecify.annotations.NullMarked;
