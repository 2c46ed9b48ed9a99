package dev.keyservice.key;

import java.util.UUID;

/// A request that changes what it changes once, however often it is sent within 24 hours.
///
/// @param method full name of the method, such as `keyservice.v1.KeyService/RotateCryptoKey`. A
///   request is known by its caller, its method and its id
/// @param id chosen by the caller
/// @param body the whole request as bytes, always the same ones for the same request
@SuppressWarnings("ArrayRecordComponent") // never compared as a whole
public record RequestOnce(String method, UUID id, byte[] body) {}
