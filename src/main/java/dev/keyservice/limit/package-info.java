/// How much of the service one caller may take.
@NullMarked
package dev.keyservice.limit;

import org.jspecify.annotations.NullMarked;
