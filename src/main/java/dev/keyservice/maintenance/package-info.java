/// Work on files that needs no running service.
@NullMarked
package dev.keyservice.maintenance;

import org.jspecify.annotations.NullMarked;
