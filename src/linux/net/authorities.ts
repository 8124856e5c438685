/** Authorities whose signatures the world's programs trust (Mozilla's bundle, as far as the simulated Internet needs it). */
export const PUBLIC_AUTHORITIES = ['DigiCert TLS Hybrid ECC SHA384 2020 CA1', 'Sectigo ECC Domain Validation Secure Server CA', "Let's Encrypt R3"];
