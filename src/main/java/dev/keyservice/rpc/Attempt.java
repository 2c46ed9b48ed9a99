package dev.keyservice.rpc;

import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// What came of something that may fail by itself: a value, or why there is none.
sealed interface Attempt<T> {

  /// Whatever the work throws is its outcome, also a bug: it must not hide what becomes of others.
  static <T> Attempt<T> at(Supplier<T> work) {
    try {
      return new Done<>(work.get());
    } catch (RuntimeException e) {
      return new Failed<>(e);
    }
  }

  /// The value, which something else needs.
  ///
  /// @throws RuntimeException why there is none
  T get();

  /// The value, if there is one.
  Stream<T> stream();

  /// Either way.
  <R> R fold(Function<T, R> done, Function<RuntimeException, R> failed);

  /// The work came to its end.
  record Done<T>(T value) implements Attempt<T> {
    @Override
    public T get() {
      return value;
    }

    @Override
    public Stream<T> stream() {
      return Stream.of(value);
    }

    @Override
    public <R> R fold(Function<T, R> done, Function<RuntimeException, R> failed) {
      return done.apply(value);
    }
  }

  /// It did not.
  record Failed<T>(RuntimeException why) implements Attempt<T> {
    @Override
    public T get() {
      throw why;
    }

    @Override
    public Stream<T> stream() {
      return Stream.of();
    }

    @Override
    public <R> R fold(Function<T, R> done, Function<RuntimeException, R> failed) {
      return failed.apply(why);
    }
  }
}
