package dev.keyservice.transport;

import jakarta.interceptor.InterceptorBinding;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// On a gRPC service: the `Uni` or `Multi` of each of its methods is cancelled when the call's
/// deadline passes, its caller cancels or its connection is lost, and then fails with
/// `Failure.DeadlineExceeded` or `Failure.Cancelled`; or with the failure with which a stage has
/// cancelled its context.
///
/// Without it the work of a unary call goes on unseen: Quarkus never cancels its `Uni`.
@InterceptorBinding
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
public @interface CallLifetime {}
