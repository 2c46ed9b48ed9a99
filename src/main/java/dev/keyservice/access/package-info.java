/// Who may do what: the policy, what each method requires, and the stage that compares them.
@NullMarked
package dev.keyservice.access;

import org.jspecify.annotations.NullMarked;
