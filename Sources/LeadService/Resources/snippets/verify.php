<?php
// $body: file_get_contents('php://input'); $headers: array_change_key_case(getallheaders()).
function verify(string $secret, array $headers, string $body): bool
{
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret), true);
    $timestamp = $headers['webhook-timestamp'];
    if ($key === false || abs(time() - (int) $timestamp) > 300) {
        return false;
    }
    $signed = $headers['webhook-id'] . '.' . $timestamp . '.' . $body;
    $wanted = 'v1,' . base64_encode(hash_hmac('sha256', $signed, $key, true));
    foreach (explode(' ', $headers['webhook-signature']) as $given) {
        if (hash_equals($wanted, $given)) {
            return true;
        }
    }
    return false;
}
