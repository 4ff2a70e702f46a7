"""The holder's side: claims a licence, keeps it, presents it; imports only `licence`."""
