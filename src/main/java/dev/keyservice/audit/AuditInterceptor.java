package dev.keyservice.audit;

import dev.keyservice.audit.AuditEvent.Phase;
import dev.keyservice.call.CallRecord;
import dev.keyservice.call.CallStage;
import dev.keyservice.call.CallTranslation;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.transport.CallLoop;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.spi.Prioritized;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// The AUDIT stage: an answer leaves only when its call is recorded. A unary call has one record; a
/// stream has one at its beginning, before the service is asked, and one at its end.
///
/// What cannot be recorded in time is UNAVAILABLE, and while nothing can be recorded no call goes
/// on to the service.
@GlobalInterceptor
@ApplicationScoped
public class AuditInterceptor implements ServerInterceptor, Prioritized {
  private final Instance<AuditLog> log;
  private final CallTranslation refusal;
  private volatile @Nullable AuditLog opened;

  /// @param log asked late: the start opens it
  AuditInterceptor(Instance<AuditLog> log, CallTranslation refusal) {
    this.log = log;
    this.refusal = refusal;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    var trail = trail();
    if (trail.isFailing()) {
      trail.noteRefused();
      refusal.refuse(call, unavailable());
      return new ServerCall.Listener<>() {};
    }
    var facts = CallRecord.current().orElseThrow();
    var unary = call.getMethodDescriptor().getType() == MethodType.UNARY;
    var audited =
        new Audited<>(call, trail, facts, unary ? Phase.CALL : Phase.END, CallLoop.current());
    return unary
        ? new Ending<>(start(audited, headers, next), audited)
        : begin(trail, facts, audited, headers, next);
  }

  private AuditLog trail() {
    var known = opened;
    if (known == null) {
      known = log.get();
      opened = known;
    }
    return known;
  }

  private static <Q, A> ServerCall.Listener<Q> start(
      AuditInterceptor.Audited<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    var late = new LateListener<Q>();
    call.guarded(() -> late.begin(next.startCall(call, headers)));
    return late;
  }

  private static <Q, A> ServerCall.Listener<Q> begin(
      AuditLog trail,
      CallRecord facts,
      AuditInterceptor.Audited<Q, A> call,
      Metadata headers,
      ServerCallHandler<Q, A> next) {
    var late = new LateListener<Q>();
    var begun = trail.record(AuditEvent.Call.of(Phase.BEGIN, facts, ""));
    call.onLoop(
        begun,
        failure -> {
          if (failure != null) {
            call.refuse(failure);
          } else if (!call.isEnded()) {
            call.guarded(() -> late.begin(next.startCall(call, headers)));
          }
        });
    return new Ending<>(late, call);
  }

  private static Failure.Unavailable unavailable() {
    return new Failure.Unavailable(
        Reason.AUDIT_UNAVAILABLE, "the call could not be recorded in the audit log");
  }

  @Override
  public int getPriority() {
    return CallStage.AUDIT.priority();
  }

  /// What is done when a record is there, or has failed.
  @FunctionalInterface
  private interface Then {
    void run(@Nullable Throwable failure);
  }

  /// Keeps the answer back until its record is there. What is kept back goes out on the call's
  /// event loop; the service may answer from elsewhere.
  private final class Audited<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private final AuditLog trail;
    private final CallRecord facts;
    private final Phase phase;
    private final Executor loop;
    private final Context context = Context.current();
    private final List<Runnable> heldBack = new ArrayList<>();
    private final AtomicBoolean ended = new AtomicBoolean();

    Audited(ServerCall<Q, A> call, AuditLog trail, CallRecord facts, Phase phase, Executor loop) {
      super(call);
      this.trail = trail;
      this.facts = facts;
      this.phase = phase;
      this.loop = loop;
    }

    void onLoop(CompletableFuture<Void> recorded, Then then) {
      var _ =
          recorded.whenComplete(
              (_, failure) -> loop.execute(context.wrap(() -> then.run(cause(failure)))));
    }

    /// What a future passes on it wraps.
    private static @Nullable Throwable cause(@Nullable Throwable failure) {
      return failure instanceof CompletionException && failure.getCause() != null
          ? failure.getCause()
          : failure;
    }

    @Override
    public void sendHeaders(Metadata headers) {
      send(() -> delegate().sendHeaders(headers));
    }

    @Override
    public void sendMessage(A message) {
      send(() -> delegate().sendMessage(message));
    }

    /// The messages of a stream go out as they come: its beginning is recorded.
    private void send(Runnable part) {
      if (phase == Phase.CALL) {
        heldBack.add(part);
      } else if (!isEnded()) {
        part.run();
      }
    }

    @Override
    public void close(Status status, Metadata trailers) {
      if (!isEnded() && !refusal.isFinal(status, trailers)) {
        // The record says what the caller is told.
        refusal.refuse(this, refusal.meaning(status));
        return;
      }
      if (!ended.compareAndSet(false, true)) {
        return;
      }
      onLoop(
          trail.record(AuditEvent.Call.of(phase, facts, status.getCode().name())),
          failure -> {
            if (failure != null) {
              refusal.refuse(delegate(), failure);
              return;
            }
            heldBack.forEach(Runnable::run);
            delegate().close(status, trailers);
          });
    }

    boolean isEnded() {
      return ended.get();
    }

    void refuse(Throwable failure) {
      if (ended.compareAndSet(false, true)) {
        refusal.refuse(delegate(), failure);
      }
    }

    /// What the service throws ends the call here, where the answer is recorded: further out nobody
    /// would, and what a stream has missed is told where nobody else catches anything.
    void guarded(Runnable event) {
      try {
        event.run();
      } catch (RuntimeException | Error e) {
        refusal.refuse(this, e);
      }
    }

    /// Nobody waits for an answer any more. What was done is recorded all the same.
    void giveUp() {
      if (ended.compareAndSet(false, true)) {
        var status = Contexts.statusFromCancelled(context);
        var code = status == null ? Status.Code.CANCELLED : status.getCode();
        var _ =
            trail.record(AuditEvent.Call.of(phase, facts, code.name())).exceptionally(_ -> null);
      }
    }
  }

  private static final class Ending<Q> extends SimpleForwardingServerCallListener<Q> {
    private final AuditInterceptor.Audited<Q, ?> call;

    Ending(ServerCall.Listener<Q> next, AuditInterceptor.Audited<Q, ?> call) {
      super(next);
      this.call = call;
    }

    @Override
    public void onMessage(Q message) {
      call.guarded(() -> super.onMessage(message));
    }

    @Override
    public void onHalfClose() {
      call.guarded(super::onHalfClose);
    }

    @Override
    public void onReady() {
      call.guarded(super::onReady);
    }

    @Override
    public void onCancel() {
      call.giveUp();
      super.onCancel();
    }
  }
}
