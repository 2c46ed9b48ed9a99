/// The program: a service by default, a command otherwise.
@NullMarked
package dev.keyservice;

import org.jspecify.annotations.NullMarked;
