/// Who calls: from a verified certificate to a Caller, before anything is traced.
@NullMarked
package dev.keyservice.identity;

import org.jspecify.annotations.NullMarked;
