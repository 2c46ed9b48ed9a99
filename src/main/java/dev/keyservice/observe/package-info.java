/// What can be seen of a call: its log line and its span.
@NullMarked
package dev.keyservice.observe;

import org.jspecify.annotations.NullMarked;
