/// Settings: one typed root, and the refusal of what is unknown.
@NullMarked
package dev.keyservice.config;

import org.jspecify.annotations.NullMarked;
