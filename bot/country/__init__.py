"""What differs from country to country, read from the tables of a country pack."""
