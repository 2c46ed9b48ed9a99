/// The command line: one class per group of commands, none of which starts Quarkus.
@NullMarked
package dev.keyservice.cli;

import org.jspecify.annotations.NullMarked;
