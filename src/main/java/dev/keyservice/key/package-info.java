/// The domain: keys, their versions, and the promise that a store of them makes.
@NullMarked
package dev.keyservice.key;

import org.jspecify.annotations.NullMarked;
