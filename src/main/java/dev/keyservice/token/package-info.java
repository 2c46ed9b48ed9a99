/// Bearer tokens: whose are accepted, with which keys, and what they say (RFC 7519, RFC 8725).
@NullMarked
package dev.keyservice.token;

import org.jspecify.annotations.NullMarked;
