/// What the tests of several rooms share.
@NullMarked
package dev.keyservice.testing;

import org.jspecify.annotations.NullMarked;
