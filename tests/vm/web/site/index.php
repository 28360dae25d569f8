<?php
# SPDX-License-Identifier: Apache-2.0
# What the web application sees: who it is, its variable, its secret, and whether it can change itself.
header('Content-Type: text/plain');
$file = '/run/secrets/database';
echo 'page=', getenv('GREETING'), ' ', PHP_SAPI, "\n";
echo 'php-uid=', posix_geteuid(), "\n";
echo 'php-secret=', is_readable($file) ? trim(file_get_contents($file)) : 'none', "\n";
echo 'php-defaces=', @file_put_contents(__DIR__ . '/defaced', 'x') === false ? 'no' : 'yes', "\n";
