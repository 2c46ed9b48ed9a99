package dev.keyservice.failure;

/// One field of a request and what is wrong with it.
///
/// @param field path of the field as the proto spells it, such as `crypto_key.labels`
/// @param description what the field must be; never what the caller sent
public record FieldViolation(String field, String description) {}
