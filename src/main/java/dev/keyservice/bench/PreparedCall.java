package dev.keyservice.bench;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.util.function.Predicate;

/// A call that is ready to be made, again and again.
///
/// @param expected whether an answer is one to this request
record PreparedCall<Q extends Message, A extends Message>(
    MethodDescriptor<Q, A> method, Q request, Predicate<A> expected) {}
