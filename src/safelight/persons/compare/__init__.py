"""Templates held against templates: photographs of one person fused, and exact search at the size of a country."""
