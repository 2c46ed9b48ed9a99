/// Pure and synchronous cryptography on the JDK alone: what a key can do, and how bytes are laid
/// out.
///
/// Nothing here knows of names, rows, calls or a framework. [Algorithm] is the one table of what
/// there is; [SecretBytes] is the one place where secrets live.
@NullMarked
package dev.keyservice.crypto;

import org.jspecify.annotations.NullMarked;
